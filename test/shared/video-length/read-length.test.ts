/** Lengths of real files made with ffmpeg, read from disk and over HTTP. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { readFileLength, readVideoHeader } from '../../../src/shared/video-length/read-length.ts';
import { parseByteRange } from '../../../src/simulator/byte-range.ts';

const run = promisify(execFile);
const source = ['-y', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=24:duration=7.5'];
const kinds: Readonly<Record<string, readonly string[]>> = {
  'end.mp4': [],
  'start.mp4': ['-movflags', '+faststart'],
  'clip.mov': [],
  'clip.webm': ['-c:v', 'libvpx'],
  'clip.mkv': [],
};

describe('the length of a video', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lengths-'));
    for (const [name, options] of Object.entries(kinds)) {
      await run('ffmpeg', [...source, '-b:v', '900k', ...options, join(folder, name)]);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.keys(kinds))('is read from %s, on disk and with at most two requests', async (name) => {
    expect(await readFileLength(join(folder, name))).toBeCloseTo(7.5, 0);
    const file = await readFile(join(folder, name));
    const requested: string[] = [];
    const server = createServer((request, response) => {
      requested.push(String(request.headers.range));
      const range = parseByteRange(request.headers.range, file.length);
      if (typeof range === 'string') return void response.writeHead(416).end();
      const headers = { 'content-range': `bytes ${range.from}-${range.to - 1}/${file.length}` };
      response.writeHead(206, headers).end(file.subarray(range.from, range.to));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const outgoing = createOutgoing({ allowPrivateAddresses: true });
    const { port } = server.address() as AddressInfo;
    const header = await readVideoHeader(`http://127.0.0.1:${port}/`, outgoing, new AbortController().signal);
    expect(header.seconds).toBeCloseTo(7.5, 0);
    expect(header.bytes).toBe(file.length);
    expect(requested.length).toBeLessThanOrEqual(2);
    await outgoing.close();
    server.close();
  });

  it('is unknown where there is no video', async () => {
    expect(await readFileLength(import.meta.filename)).toBeNull();
    const outgoing = createOutgoing({ allowPrivateAddresses: true });
    const nobody = await readVideoHeader('http://127.0.0.1:9/', outgoing, new AbortController().signal);
    expect(nobody).toEqual({ seconds: null, bytes: null, isUnreachable: true });
    await outgoing.close();
  });
});
