// What a script costs that does nothing.
export {};
