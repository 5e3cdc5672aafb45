/**
 * Repeatable randomness: a draw depends on the seed and its purpose, never on the order of requests. So the same seed
 * gives the same link the same outcome, whatever else runs.
 */

/** A number in [0, 1) that is always the same for the same seed and parts. */
export function drawOf(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const part of parts) {
    const text = `${part}|`;
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
  }
  return scramble(hash) / 2 ** 32;
}

/** Spreads a weak 32-bit hash over all bits (the finalizer of MurmurHash3), as an unsigned number. */
export function scramble(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
