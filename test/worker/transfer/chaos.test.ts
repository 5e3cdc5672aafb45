/**
 * Downloads from a host that misbehaves for a third of them, by a worker that is killed repeatedly: the result must be
 * exactly the right files. At full size, and with all of kie-batch, it runs as `npm run bench -- chaos`.
 */

import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleMp4, sha256 } from '../../shared/media/sample-mp4.ts';
import type { ChaosOrder } from './chaos-worker.ts';
import {
  answer,
  type Behaviour,
  cutAfter,
  type ResultHost,
  slowly,
  stallAfter,
  startResultHost,
} from './result-host.ts';
import { filesIn, removeFolder, temporaryFolder } from './set-up.ts';

const ITEMS = 250;
const KILLS = 5;
const DONE_BEFORE_A_KILL = 40;
const CONCURRENCY = 16;

/** A few are large enough to be written in several pieces, so that a kill finds them half-way. */
const LARGE_EVERY = 20;
const LARGE_BYTES = 4_000_000;
const LARGE_FILE_BYTES = sampleMp4('', LARGE_BYTES).length;

let host: ResultHost;
let root: string;

beforeAll(async () => {
  host = await startResultHost();
  root = await temporaryFolder();
});
afterAll(async () => {
  await host.close();
  await removeFolder(root);
});

const sources = new Map<string, Buffer>();

function faultsOf(index: number, bytes: Buffer): Behaviour[] {
  const at = Math.floor(bytes.length * 0.4);
  const faults: Behaviour[][] = [
    [cutAfter(at), cutAfter(1000)],
    [stallAfter(at)],
    [answer(200, '<!doctype html><title>Just a moment...</title>', { 'content-type': 'text/html' })],
    [answer(200, bytes.subarray(0, at), { 'content-length': String(at), etag: '"short"' })],
    [cutAfter(at), answer(403, 'Request has expired')],
    [answer(404, 'NoSuchKey'), answer(410, 'Gone')],
    [answer(500, 'oops'), answer(503, '', { 'retry-after': '0' }), cutAfter(at)],
  ];
  return index % 3 === 0 ? [...(faults[(index / 3) % faults.length] ?? [])] : [];
}

function prepare(): string[] {
  return Array.from({ length: ITEMS }, (_, index) => {
    const id = `s_${index}`;
    const large = index % LARGE_EVERY === 1;
    const bytes = sampleMp4(id, large ? LARGE_BYTES : 5_000 + ((index * 37) % 40_000));
    sources.set(id, bytes);
    host.serve(`/${id}.mp4`, {
      bytes,
      etag: `"${id}"`,
      behaviours: large ? [slowly, slowly, slowly] : faultsOf(index, bytes),
    });
    return id;
  });
}

/** Runs a worker over the ids until it ends or has done this many; a killed one may have done more. */
async function runWorker(ids: readonly string[], killAfter: number): Promise<string[]> {
  const order: ChaosOrder = { root, origin: host.origin, ids, concurrency: CONCURRENCY };
  const file = join(root, '..', `${root.split('/').at(-1)}-order.json`);
  await writeFile(file, JSON.stringify(order));
  const worker = spawn(process.execPath, [join(import.meta.dirname, 'chaos-worker.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const done: string[] = [];
  for await (const id of createInterface({ input: worker.stdout })) {
    done.push(id);
    if (done.length === killAfter) worker.kill('SIGKILL');
  }
  if (done.length < killAfter && done.length < ids.length) throw new Error('the worker failed');
  return done;
}

test('the right files, no part left, nothing fetched twice that could be gone on with', async () => {
  let left = prepare();
  for (let kill = 0; kill <= KILLS; kill += 1) {
    const done = new Set(await runWorker(left, kill < KILLS ? DONE_BEFORE_A_KILL : Number.POSITIVE_INFINITY));
    left = left.filter((id) => !done.has(id));
  }
  expect(left).toEqual([]);

  const expected = [...sources.keys()].flatMap((id) => [`batch/${id}.json`, `batch/${id}.mp4`]);
  expect(await filesIn(root)).toEqual(expected.sort());
  for (const [id, source] of sources) {
    const stored = await readFile(join(root, `batch/${id}.mp4`));
    expect(stored.subarray(0, source.length).equals(source), id).toBe(true);
    expect(JSON.parse(await readFile(join(root, `batch/${id}.json`), 'utf8'))).toMatchObject({
      sha256: sha256(stored),
      sourceSha256: sha256(source),
    });
  }

  // What a kill may cost: what was in memory and on the wire, of the transfers under way.
  const lostToKills = KILLS * (CONCURRENCY * 45_000 + 2 * 1_500_000);
  const lostToBadBodies = 500_000;
  const headers = host.seen.length * 1000;
  const wanted = [...sources.values()].reduce((sum, { length }) => sum + length, 0);
  const sent = host.seen.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  expect(sent).toBeLessThan(wanted + lostToKills + lostToBadBodies + headers);

  const large = host.seen.filter(
    ({ path }) => sources.get(path.slice(1, -'.mp4'.length))?.length === LARGE_FILE_BYTES,
  );
  const whole = large.filter(({ range, sentBytes }) => range === undefined && sentBytes > LARGE_FILE_BYTES);
  expect(new Set(whole.map(({ path }) => path)).size).toBe(whole.length);
  expect(large.filter(({ range }) => range !== undefined).length).toBeGreaterThan(0);
});
