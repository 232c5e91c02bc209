// Makes the passphrases of this process's encrypted files cheap: a test of which key opens a file need
// not take a second of scrypt for each call. tests/parties/age_command_test.ts and whatever runs the
// command in a process of its own take the real work factor.

import { Encrypter } from "age-encryption";

/** The work factors that were asked for, in place of which 10 was taken. */
export const requested: number[] = [];

const { setScryptWorkFactor } = Encrypter.prototype;
Encrypter.prototype.setScryptWorkFactor = function (workFactor: number) {
  requested.push(workFactor);
  setScryptWorkFactor.call(this, 10);
};
