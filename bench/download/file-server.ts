/**
 * The server of the download benchmark, run as a process of its own: `GET /<name>/<bytes>.mp4` answers an
 * MP4 of exactly that size, made from one block in memory, so that neither a disk nor a generator limits
 * the clients. Ranges are served too. Prints its origin as its first line and ends with its input.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const BLOCK = Buffer.alloc(1024 * 1024, 0x5a);

const server = createServer((request, response) => {
  const totalBytes = Number(/\/(\d+)\.mp4$/.exec(request.url ?? '')?.[1] ?? 0);
  if (totalBytes < 64) response.writeHead(404).end();
  else serve(totalBytes, request, response);
});

function serve(totalBytes: number, request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${totalBytes - 1}/${totalBytes}` };
  response.writeHead(from === 0 ? 200 : 206, {
    'content-type': 'video/mp4',
    'content-length': totalBytes - from,
    etag: `"${totalBytes}"`,
    ...range,
  });
  pump(response, from, totalBytes);
}

/** Writes the rest block by block, at the client's pace. */
function pump(response: ServerResponse, from: number, totalBytes: number): void {
  const head = header(totalBytes);
  let at = from;
  const more = () => {
    while (at < totalBytes && !response.destroyed) {
      const piece =
        at < head.length ? head.subarray(at) : BLOCK.subarray(0, Math.min(BLOCK.length, totalBytes - at));
      at += piece.length;
      if (!response.write(piece)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

/** `ftyp`, an empty `moov` and the header of an `mdat` that takes the rest. */
function header(totalBytes: number): Buffer {
  const head = Buffer.alloc(48);
  head.writeUInt32BE(24, 0);
  head.write('ftypisom\0\0\x02\0isomiso2', 4, 'latin1');
  head.writeUInt32BE(8, 24);
  head.write('moov', 28, 'latin1');
  head.writeUInt32BE(1, 32);
  head.write('mdat', 36, 'latin1');
  head.writeBigUInt64BE(BigInt(totalBytes - 32), 40);
  return head;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') console.log(`http://127.0.0.1:${address.port}`);
});
process.stdin.resume().once('end', () => process.exit(0));
