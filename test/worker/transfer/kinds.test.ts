/** Results of every kind through the transfer: cut, resumed, labelled, found again, in a folder and in a bucket. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DIGITAL_SOURCE_TYPE } from '../../../src/shared/media/disclosure.ts';
import { type MediaKind, mediaKinds } from '../../../src/shared/media/media-kind.ts';
import type { Storage } from '../../../src/shared/storage/storage.ts';
import { verifyStored } from '../../../src/shared/storage/verify-stored.ts';
import { fetchResult } from '../../../src/worker/transfer/fetch-result.ts';
import type { TransferDeps } from '../../../src/worker/transfer/transfer-deps.ts';
import { sha256 } from '../../shared/media/sample-mp4.ts';
import { sampleOf } from '../../shared/media/samples.ts';
import { walk } from '../../shared/media/walk.ts';
import { type S3Server, startS3Server } from '../../shared/storage/s3-server.ts';
import { cutAfter, type ResultHost, startResultHost } from './result-host.ts';
import { createDeps, filesIn, removeFolder, requestFor, temporaryFolder } from './set-up.ts';

const kinds = Object.keys(mediaKinds) as MediaKind[];
const signal = new AbortController().signal;

let host: ResultHost;
let bucket: S3Server;
let root: string;
let deps: TransferDeps;

beforeAll(async () => {
  host = await startResultHost();
  bucket = await startS3Server();
});
afterAll(async () => {
  await host.close();
  await bucket.stop();
});
beforeEach(async () => {
  root = await temporaryFolder();
  deps = await createDeps(root);
  host.seen.length = 0;
});
afterEach(async () => {
  await deps.outgoing.close();
  await removeFolder(root);
});

async function readAll(storage: Storage, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of storage.read(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Fetches it, and again from a host that is gone; says what the storage then holds. */
async function fetchTwice(id: string, bytes: Buffer, cuts: readonly number[], of: TransferDeps) {
  const behaviours = cuts.map((cut) => cutAfter(cut));
  // The address says nothing of the kind, and the host's content type is that of a video.
  const url = host.serve(`/${id}`, { bytes, etag: '"v1"', behaviours });
  const reply = await fetchResult(requestFor(id, url), of, signal);
  if (reply.kind !== 'stored') throw new Error(JSON.stringify(reply));
  const again = await fetchResult(requestFor(id, 'http://127.0.0.1:1/gone'), of, signal);
  expect(again).toMatchObject({
    kind: 'stored',
    file: reply.file,
    sha256: reply.sha256,
    sourceSha256: sha256(bytes),
  });
  return { reply, stored: await readAll(of.storage, reply.key) };
}

describe.each(kinds)('a result of the kind %s', (kind) => {
  const { ending, label } = mediaKinds[kind];

  test('is stored in a folder under its own ending, cut and resumed', async () => {
    const bytes = await sampleOf(kind);
    const { reply, stored } = await fetchTwice('s_1', bytes, [5, 300], deps);
    expect(reply.key).toBe(`batch/s_1${ending}`);
    expect(reply).toMatchObject({
      bytes: stored.length,
      sha256: sha256(stored),
      sourceSha256: sha256(bytes),
    });
    expect(host.seen.map(({ range }) => range)).toEqual([undefined, 'bytes=5-', 'bytes=305-']);
    expect(stored.includes(DIGITAL_SOURCE_TYPE)).toBe(label !== 'none');
    expect(walk(stored)).toMatchObject({ kind: 'whole', facts: { kind } });
    expect((await filesIn(root)).sort()).toEqual(['batch/s_1.json', `batch/s_1${ending}`].sort());
    expect(await verifyStored(deps.storage, reply.key)).toMatchObject({ verdict: 'intact' });
  });

  test('is resumed by another process', async () => {
    const bytes = await sampleOf(kind);
    const behaviours = [cutAfter(200), cutAfter(100), cutAfter(1)];
    const url = host.serve('/s_2', { bytes, etag: '"v1"', behaviours });
    expect(await fetchResult(requestFor('s_2', url), deps, signal)).toMatchObject({
      kind: 'retry',
      gainedBytes: 301,
    });
    const other = await createDeps(root);
    const reply = await fetchResult(requestFor('s_2', url), other, signal);
    expect(reply).toMatchObject({ kind: 'stored', sourceSha256: sha256(bytes), resumedFromBytes: 301 });
    await other.outgoing.close();
  });

  test('is stored in a bucket under its own ending', async () => {
    const bytes = await sampleOf(kind);
    const storage = await bucket.open();
    const id = `s_${kind}`;
    const { reply, stored } = await fetchTwice(id, bytes, [300], { ...deps, storage });
    expect(reply.key).toBe(`batch/${id}${ending}`);
    expect(reply).toMatchObject({ bytes: stored.length, sha256: sha256(stored) });
    expect(stored.includes(DIGITAL_SOURCE_TYPE)).toBe(label !== 'none');
    expect((await bucket.list()).filter((key) => key.includes('nfinished'))).toEqual([]);
    await storage.close();
  });
});
