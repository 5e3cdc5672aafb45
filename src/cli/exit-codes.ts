/** What the process ends with; the contract scripts rely on. */
export const exitCodes = {
  /** Everything saved, or saved before. */
  saved: 0,
  /** Ended with failures. */
  failures: 1,
  /** Wrong usage or configuration: nothing was started. */
  usage: 2,
  /** Halted, and `--exit-on-halt` was given. */
  halted: 3,
  /** An error of our own: everything stays queued. The code of an internal software error in sysexits.h. */
  crashed: 70,
  /** Ctrl-C: everything stays queued. */
  interrupted: 130,
} as const;
