/** The transfer with S3 behind it: the same replies, and cuts healed while the upload stays open. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DIGITAL_SOURCE_TYPE } from '../../../src/shared/media/disclosure.ts';
import type { Storage } from '../../../src/shared/storage/storage.ts';
import { verifyStored } from '../../../src/shared/storage/verify-stored.ts';
import { fetchResult } from '../../../src/worker/transfer/fetch-result.ts';
import type { TransferDeps } from '../../../src/worker/transfer/transfer-deps.ts';
import { sampleMp4, sha256 } from '../../shared/media/sample-mp4.ts';
import { type S3Server, startS3Server } from '../../shared/storage/s3-server.ts';
import { answer, type Behaviour, cutAfter, type ResultHost, startResultHost } from './result-host.ts';
import { createDeps, requestFor } from './set-up.ts';

let server: S3Server;
let host: ResultHost;
let storage: Storage;
let deps: TransferDeps;
const bytes = sampleMp4('s3', 12_000_000);

beforeAll(async () => {
  server = await startS3Server();
  host = await startResultHost();
  storage = await server.open();
  deps = await createDeps('/nowhere', { storage });
});
afterAll(async () => {
  await deps.outgoing.close();
  await storage.close();
  await host.close();
  await server.stop();
});
beforeEach(() => {
  host.seen.length = 0;
});

function fetchOne(id: string, behaviours: Behaviour[] = []) {
  const url = host.serve(`/${id}.mp4`, { bytes, etag: '"v1"', behaviours });
  const request = requestFor(id, url);
  return fetchResult(request, deps, new AbortController().signal);
}

test('a cut transfer continues from its last byte within one upload, and what is stored is right', async () => {
  const reply = await fetchOne('s_1', [cutAfter(6_000_000), cutAfter(3_000_000)]);
  if (reply.kind !== 'stored') throw new Error(JSON.stringify(reply));
  expect(host.seen.map(({ range }) => range)).toEqual([undefined, 'bytes=6000000-', 'bytes=9000000-']);
  expect(reply).toMatchObject({ file: 's3://videos/some/prefix/batch/s_1.mp4', sourceSha256: sha256(bytes) });
  const chunks: Buffer[] = [];
  for await (const chunk of storage.read('batch/s_1.mp4')) chunks.push(chunk);
  const stored = Buffer.concat(chunks);
  expect(stored.subarray(0, bytes.length).equals(bytes)).toBe(true);
  expect(stored.subarray(bytes.length).toString()).toContain(DIGITAL_SOURCE_TYPE);
  expect(await storage.readSidecar('batch/s_1.mp4')).toMatchObject({
    bytes: reply.bytes,
    sha256: reply.sha256,
  });
  expect(await verifyStored(storage, 'batch/s_1.mp4', reply)).toMatchObject({ verdict: 'intact' });
});

test('a transfer that is given back has gained nothing and leaves no pieces', async () => {
  const cuts = [cutAfter(3_000_000), cutAfter(3_000_000), cutAfter(3_000_000)];
  expect(await fetchOne('s_2', cuts)).toMatchObject({ kind: 'retry', gainedBytes: 0 });
  expect((await server.list()).filter((name) => name.includes('unfinished') || name.includes('s_2'))).toEqual(
    [],
  );
  expect(await fetchOne('s_2')).toMatchObject({ kind: 'stored', resumedFromBytes: 0 });
});

test('what is no video never becomes an object', async () => {
  expect(await fetchOne('s_3', [answer(200, bytes.subarray(0, 7_000_000))])).toMatchObject({
    kind: 'invalid',
  });
  expect((await server.list()).filter((name) => name.includes('unfinished') || name.includes('s_3'))).toEqual(
    [],
  );
});

test('an object that is stored already is found without another download', async () => {
  const first = await fetchOne('s_4');
  host.seen.length = 0;
  expect(await fetchOne('s_4')).toEqual({ ...first, resumedFromBytes: bytes.length, isFound: true });
  expect(host.seen).toEqual([]);
});
