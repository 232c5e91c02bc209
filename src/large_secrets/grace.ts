/**
 * How old, in milliseconds, what an interrupted write left must be before it is taken for a
 * leftover. A writer of a large secret that took half as long gives up instead of naming its parts
 * in a head, so that the other half is left for that one call.
 */
export const GRACE_MS = 10 * 60 * 1000;
