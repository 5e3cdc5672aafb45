import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DIGITAL_SOURCE_TYPE } from '../../../src/shared/media/disclosure.ts';
import { uuidBox } from '../../../src/shared/media/kinds/box-header.ts';
import { XMP_UUID } from '../../../src/shared/media/kinds/mp4.ts';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import type { FetchReply, FetchRequest } from '../../../src/worker/transfer/fetch-reply.ts';
import { fetchResult } from '../../../src/worker/transfer/fetch-result.ts';
import type { TransferDeps } from '../../../src/worker/transfer/transfer-deps.ts';
import { sampleMp4, sha256 } from '../../shared/media/sample-mp4.ts';
import {
  answer,
  type Behaviour,
  cutAfter,
  type ResultHost,
  rangeStart,
  serveWell,
  stallAfter,
  startResultHost,
} from './result-host.ts';
import { createDeps, disclosureOf, filesIn, removeFolder, requestFor, temporaryFolder } from './set-up.ts';

let host: ResultHost;
let root: string;
let deps: TransferDeps;
const key = 'batch/s_1.mp4';
const bytes = sampleMp4('s_1', 200_000);
const signal = new AbortController().signal;

beforeAll(async () => {
  host = await startResultHost();
});
afterAll(() => host.close());
beforeEach(async () => {
  root = await temporaryFolder();
  deps = await createDeps(root);
  host.seen.length = 0;
});
afterEach(async () => {
  await deps.outgoing.close();
  await removeFolder(root);
});

function serve(
  behaviours: Behaviour[] = [],
  changes: { bytes?: Buffer; etag?: string | undefined } = {},
): string {
  return host.serve('/s_1.mp4', { bytes, etag: '"v1"', behaviours, ...changes });
}

function fetchFrom(
  url: string,
  changes: Partial<FetchRequest> = {},
  of: TransferDeps = deps,
): Promise<FetchReply> {
  return fetchResult({ ...requestFor('s_1', url), ...changes }, of, signal);
}

/** The stored file begins with exactly these bytes and is what the reply says. */
async function expectStored(reply: FetchReply, source: Buffer = bytes): Promise<void> {
  if (reply.kind !== 'stored') throw new Error(JSON.stringify(reply));
  const stored = await readFile(join(root, key));
  expect(stored.subarray(0, source.length).equals(source)).toBe(true);
  expect(stored.subarray(source.length).toString()).toContain(DIGITAL_SOURCE_TYPE);
  expect(reply).toMatchObject({
    key,
    file: join(root, key),
    bytes: stored.length,
    sha256: sha256(stored),
    sourceSha256: sha256(source),
  });
  expect(await filesIn(root)).toEqual(['batch/s_1.json', key]);
  const sidecar: unknown = JSON.parse(await readFile(join(root, 'batch/s_1.json'), 'utf8'));
  expect(sidecar).toMatchObject({
    bytes: reply.bytes,
    sha256: reply.sha256,
    sourceSha256: reply.sourceSha256,
  });
}

function ranges(): (string | undefined)[] {
  return host.seen.map(({ range }) => range);
}

test('a result is stored whole, labelled and hashed', async () => {
  const reply = await fetchFrom(serve());
  await expectStored(reply);
  expect(reply).toMatchObject({ resumedFromBytes: 0 });
});

test('progress is reported from the first chunk to the last', async () => {
  const told: [number, number | undefined][] = [];
  await fetchFrom(serve(), { onProgress: (received, total) => void told.push([received, total]) });
  expect(told.at(-1)).toEqual([bytes.length, bytes.length]);
  expect(told.map(([received]) => received)).toEqual(
    told.map(([received]) => received).sort((a, b) => a - b),
  );
});

test('no credential leaves with a download', async () => {
  await fetchFrom(serve());
  expect(host.seen[0]?.headers).not.toHaveProperty('authorization');
  expect(host.seen[0]?.headers['user-agent']).toContain('Mozilla');
});

test('a body of unknown length is stored whole', async () => {
  const chunked: Behaviour = (_, response) => {
    response.write(bytes.subarray(0, 1000));
    response.end(bytes.subarray(1000));
    return false;
  };
  await expectStored(await fetchFrom(serve([chunked])));
});

test('a cut transfer continues from its last byte', async () => {
  await expectStored(await fetchFrom(serve([cutAfter(70_000), cutAfter(50_000)])));
  expect(ranges()).toEqual([undefined, 'bytes=70000-', 'bytes=120000-']);
  expect(host.seen[1]?.ifRange).toBe('"v1"');
});

test('a stalled transfer continues from its last byte', async () => {
  await expectStored(await fetchFrom(serve([stallAfter(70_000)])));
  expect(ranges()).toEqual([undefined, 'bytes=70000-']);
});

test('a transfer cut too often is given back, and another process continues with it', async () => {
  const reply = await fetchFrom(serve([cutAfter(10_000), cutAfter(10_000), cutAfter(10_000)]));
  expect(reply).toMatchObject({ kind: 'retry', gainedBytes: 30_000 });
  const other = await createDeps(root);
  const resumed = await fetchFrom(serve(), {}, other);
  await expectStored(resumed);
  expect(resumed).toMatchObject({ resumedFromBytes: 30_000 });
  expect(ranges().at(-1)).toBe('bytes=30000-');
  await other.outgoing.close();
});

test('an expired address keeps what was received, and a fresh address continues with it', async () => {
  const expired = await fetchFrom(serve([cutAfter(90_000), answer(403, 'Request has expired')]));
  expect(expired).toEqual({ kind: 'expired', httpStatus: 403 });
  const fresh = host.serve('/fresh.mp4', { bytes, etag: '"v1"' });
  const reply = await fetchFrom(fresh);
  await expectStored(reply);
  expect(reply).toMatchObject({ resumedFromBytes: 90_000 });
});

test('a result that changed between two requests starts over', async () => {
  await fetchFrom(serve([cutAfter(50_000), answer(500, '')]));
  const changed = sampleMp4('changed', 150_000);
  const reply = await fetchFrom(serve([], { bytes: changed, etag: '"v2"' }));
  await expectStored(reply, changed);
  expect(reply).toMatchObject({ resumedFromBytes: 0 });
});

test('a host that ignores ranges starts over with the same answer', async () => {
  const ignoring: Behaviour = (request, response, file) => {
    delete request.headers.range;
    serveWell(request, response, file);
    return false;
  };
  await expectStored(await fetchFrom(serve([cutAfter(50_000), ignoring])));
  expect(ranges()).toHaveLength(2);
});

test('a host that answers another range than asked for starts over', async () => {
  const wrongRange: Behaviour = (_, response) => {
    response.writeHead(206, { 'content-range': `bytes 0-99/${bytes.length}`, 'content-length': 100 });
    response.end(bytes.subarray(0, 100));
    return false;
  };
  await expectStored(await fetchFrom(serve([cutAfter(50_000), wrongRange])));
  expect(ranges()).toEqual([undefined, 'bytes=50000-', undefined]);
});

test('without a strong validator a cut transfer starts over', async () => {
  await expectStored(await fetchFrom(serve([cutAfter(50_000)], { etag: 'W/"v1"' })));
  expect(ranges()).toEqual([undefined, undefined]);
});

test('everything received but never committed is stored without another download', async () => {
  const closing: Behaviour = (request, response, file) => {
    const from = rangeStart(request, file);
    response.writeHead(200, { etag: '"v1"', 'transfer-encoding': 'chunked' });
    response.write(file.bytes.subarray(from), () => response.destroy());
    return false;
  };
  const unsatisfied = answer(416, '', { 'content-range': `bytes */${bytes.length}` });
  await expectStored(await fetchFrom(serve([closing, unsatisfied])));
  expect(ranges()).toEqual([undefined, `bytes=${bytes.length}-`]);
});

test.each([
  [
    'an HTML page',
    answer(200, '<!doctype html><title>Just a moment...</title>'),
    'of a known kind: starts with',
  ],
  ['JSON', answer(200, '{"code":500}', { 'content-type': 'video/mp4' }), 'of a known kind: starts with'],
  ['an empty body', answer(200, ''), 'is empty'],
  ['a file cut at its source', answer(200, bytes.subarray(0, -10)), 'ends inside'],
  [
    'a compressed body',
    answer(200, Buffer.from('1f8b0800000000000003', 'hex'), { 'content-encoding': 'gzip' }),
    'of a known kind',
  ],
])('%s is invalid, says what was seen and leaves nothing', async (_, behaviour, message) => {
  expect(await fetchFrom(serve([behaviour]))).toEqual({
    kind: 'invalid',
    message: expect.stringContaining(message),
  });
  expect(await filesIn(root)).toEqual([]);
  await expectStored(await fetchFrom(serve()));
});

test('a wrong content type does not matter where the bytes are right', async () => {
  await expectStored(await fetchFrom(serve([answer(200, bytes, { 'content-type': 'text/html' })])));
});

test('a result that is announced too large is not read', async () => {
  const reply = await fetchFrom(serve(), { expect: { maxBytes: 1000 } });
  expect(reply).toEqual({ kind: 'invalid', message: expect.stringContaining('larger than 1000 bytes') });
});

test('an endless body ends at the limit', async () => {
  const endless: Behaviour = (_, response) => {
    const header = Buffer.alloc(16);
    header.writeUInt32BE(1, 0);
    header.write('mdat', 4);
    header.writeBigUInt64BE(2n ** 50n, 8);
    response.write(Buffer.concat([bytes, header]));
    const more = () => {
      while (response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
    return false;
  };
  const reply = await fetchFrom(serve([endless]), { expect: { maxBytes: 1_000_000 } });
  expect(reply).toEqual({
    kind: 'invalid',
    message: expect.stringContaining('larger than 1000000 bytes'),
  });
});

test.each([
  [answer(500, 'oops'), { message: expect.stringContaining('HTTP 500') }],
  [answer(429, '', { 'retry-after': '7' }), { retryAfterMs: 7000 }],
  [answer(502, '<html></html>'), {}],
])('a host in trouble is asked again later', async (behaviour, facts) => {
  expect(await fetchFrom(serve([behaviour]))).toMatchObject({ kind: 'host-unavailable', ...facts });
});

test('a host that cannot be reached is asked again later', async () => {
  const reply = await fetchFrom('http://127.0.0.1:1/s_1.mp4');
  expect(reply).toMatchObject({
    kind: 'host-unavailable',
    message: expect.stringContaining('cannot be reached'),
  });
});

test('an address that is not allowed is refused', async () => {
  const outgoing = createOutgoing({ allowPrivateAddresses: false });
  const strict = await createDeps(root, { outgoing });
  expect(await fetchFrom(serve(), {}, strict)).toMatchObject({ kind: 'refused' });
  expect(await fetchFrom('https://127.0.0.1/x', {}, strict)).toMatchObject({ kind: 'refused' });
  expect(host.seen).toEqual([]);
});

test('a storage with too little space is full before the body is kept', async () => {
  const reply = await fetchFrom(serve(), { expect: { minFreeBytes: 2 ** 60 } });
  if (reply.kind !== 'storage-full') throw new Error(JSON.stringify(reply));
  expect(reply.neededBytes).toBeGreaterThan(2 ** 60);
  expect(reply.freeBytes).toBeGreaterThan(0);
});

test('a result that is stored already is found without a request', async () => {
  const first = await fetchFrom(serve());
  const again = await fetchFrom('http://127.0.0.1:1/gone.mp4');
  expect(again).toEqual({ ...first, resumedFromBytes: bytes.length, isFound: true });
  expect(host.seen).toHaveLength(1);
});

test('a worker killed before the sidecar had its name leaves nothing undone', async () => {
  await fetchFrom(serve());
  await rm(join(root, 'batch/s_1.json'));
  host.seen.length = 0;
  await expectStored(await fetchFrom(serve()));
  expect(host.seen).toEqual([]);
});

test('a stored result of another task is fetched over', async () => {
  await fetchFrom(serve());
  const forced = sampleMp4('forced', 5000);
  const disclosure = { ...disclosureOf('s_1'), taskId: 'another' };
  await expectStored(await fetchFrom(serve([], { bytes: forced, etag: '"v2"' }), { disclosure }), forced);
});

test('a foreign file does not count as the result', async () => {
  await fetchFrom(serve());
  await writeFile(join(root, key), sampleMp4('not ours'));
  await expectStored(await fetchFrom(serve()));
});

test('a result that the user deleted is fetched again', async () => {
  await fetchFrom(serve());
  await rm(join(root, key));
  await expectStored(await fetchFrom(serve()));
});

test('a file that already carries XMP keeps it, byte for byte', async () => {
  const theirs = uuidBox(
    XMP_UUID,
    Buffer.from('<rdf:RDF><rdf:Description>theirs</rdf:Description></rdf:RDF>'),
  );
  const carrying = sampleMp4('xmp', 3000, [theirs]);
  await expectStored(await fetchFrom(serve([], { bytes: carrying })), carrying);
  const appended = (await readFile(join(root, key))).subarray(carrying.length).toString();
  expect(appended).toContain('<rdf:Description>theirs</rdf:Description>');
});

test('two processes that fetch the same result at once both report the one stored file', async () => {
  const other = await createDeps(root);
  const url = serve();
  const replies = await Promise.all([fetchFrom(url), fetchFrom(url, {}, other)]);
  for (const reply of replies) await expectStored(reply);
  await other.outgoing.close();
});

test('an aborted transfer rejects with the reason and is gone on with later', async () => {
  const stop = new AbortController();
  const url = serve([stallAfter(60_000)]);
  const patient = { ...deps, limits: { ...deps.limits, stallWindowMs: 60_000 } };
  const running = fetchResult(requestFor('s_1', url), patient, stop.signal);
  await expect.poll(() => host.seen.length).toBe(1);
  await expect.poll(async () => (await filesIn(root)).length).toBe(2);
  stop.abort(new Error('shutting down'));
  await expect(running).rejects.toThrow('shutting down');
  const reply = await fetchFrom(serve());
  await expectStored(reply);
  expect(reply).toMatchObject({ resumedFromBytes: 60_000 });
});

test('stored files have ordinary rights', async () => {
  await fetchFrom(serve());
  expect((await stat(join(root, key))).mode & 0o777).toBe(0o666 & ~process.umask());
});
