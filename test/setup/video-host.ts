/** A web server with videos of a given length and content, as users' own hosts are. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseByteRange } from '../../src/simulator/byte-range.ts';

const sample = join(import.meta.dirname, '../../src/simulator/sample.mp4');

/** An MP4 that says this length; `text` tells two of them apart, `bytes` makes it so large. */
export async function makeVideo(
  seconds: number,
  { text = '', bytes = 0 }: { readonly text?: string; readonly bytes?: number } = {},
): Promise<Buffer> {
  const video = Buffer.from(await readFile(sample));
  const header = video.indexOf('mvhd') + 4;
  video.writeUInt32BE(Math.round(seconds * video.readUInt32BE(header + 12)), header + 16);
  const content = Buffer.alloc(Math.max(text.length, bytes - video.length - 8));
  content.write(text);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write('free', 4);
  return Buffer.concat([video, head, content]);
}

export interface VideoHost extends AsyncDisposable {
  readonly url: string;
  /** Requests for whole files, by path. */
  readonly whole: string[];
  /** Requests for parts, by path. */
  readonly parts: string[];
}

/** @param files by their path; a number is the status of an answer without a file */
export async function startVideoHost(files: Readonly<Record<string, Buffer | number>>): Promise<VideoHost> {
  const [whole, parts]: [string[], string[]] = [[], []];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const file = files[path] ?? 404;
    const { range: wanted } = request.headers;
    (wanted === undefined ? whole : parts).push(path);
    if (typeof file === 'number') return void response.writeHead(file).end('<html>no file</html>');
    const range = parseByteRange(wanted, file.length);
    if (typeof range === 'string') return void response.writeHead(200).end(file);
    const headers = { 'content-range': `bytes ${range.from}-${range.to - 1}/${file.length}` };
    response.writeHead(206, headers).end(file.subarray(range.from, range.to));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    whole,
    parts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
