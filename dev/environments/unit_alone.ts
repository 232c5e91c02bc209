import { thisSystem } from "./unit.ts";

export default thisSystem("the same, one file after the other", false);
