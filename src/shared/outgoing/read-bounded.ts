/**
 * Reads a body that must be small (an error page, a list's index, a callback's answer) up to a bound and
 * gives the rest up, so that an endless body costs no more than the bound.
 */

import type { ResponseBody } from './response-body.ts';

export async function readBounded(
  body: ResponseBody,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), truncated: size > maxBytes };
}
