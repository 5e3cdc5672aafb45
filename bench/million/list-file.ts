/** A list of share links in their real form, a line each. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export async function writeList(path: string, links: number): Promise<string> {
  const lines = function* () {
    for (let index = 0; index < links; index += 1)
      yield `https://sora.chatgpt.com/p/s_${createHash('md5').update(String(index)).digest('hex')}\n`;
  };
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return path;
}
