/**
 * The transfer of kie-batch as a contender: one process that stores every URL of a list, verified, hashed,
 * labelled and synced, with its sidecar, as the worker does. Prints as its last line what that took without
 * the start of the process, which a worker pays once. Arguments: the folder, the concurrency, a file with
 * one URL a line.
 */

import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { systemClock } from '../../src/shared/clock.ts';
import { createOutgoing } from '../../src/shared/outgoing/outgoing.ts';
import { createStorage } from '../../src/shared/storage/create-storage.ts';
import { unlimitedBandwidth } from '../../src/worker/transfer/bandwidth.ts';
import type { StoredReply } from '../../src/worker/transfer/fetch-reply.ts';
import { fetchResult } from '../../src/worker/transfer/fetch-result.ts';
import { sidecarOf } from '../../src/worker/transfer/sidecar.ts';
import { defaultTransferLimits, type TransferDeps } from '../../src/worker/transfer/transfer-deps.ts';

const [folder = '', concurrency = '1', urlFile = ''] = process.argv.slice(2);
const urls = (await readFile(urlFile, 'utf8')).trim().split('\n');
const deps: TransferDeps = {
  storage: await createStorage(`file://${folder}`, { clock: systemClock }),
  outgoing: createOutgoing({ allowPrivateAddresses: true, connectionsPerHost: Number(concurrency) }),
  bandwidth: unlimitedBandwidth,
  clock: systemClock,
  logger: pino({ level: 'warn' }),
  limits: defaultTransferLimits,
};
const signal = new AbortController().signal;

async function store(url: string, index: number): Promise<void> {
  const id = `s_${index}`;
  const key = `bench/${id}.mp4`;
  const disclosure = { link: `https://sora.chatgpt.com/p/${id}`, taskId: id, model: 'm', tool: 'kie-batch' };
  const request = {
    url,
    key,
    disclosure,
    sidecarOf: (stored: StoredReply) =>
      sidecarOf(stored, disclosure, { id, batch: 'bench', via: 'result-url', savedAt: deps.clock.now() }),
    expect: { maxBytes: 2 ** 33 },
  };
  const reply = await fetchResult(request, deps, signal);
  if (reply.kind !== 'stored') throw new Error(JSON.stringify(reply));
}

const startedAt = performance.now();
const cpuAtStart = process.cpuUsage();
const queue = [...urls.entries()];
async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await store(next[1], next[0]);
}

await Promise.all(Array.from({ length: Number(concurrency) }, work));
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage(cpuAtStart);
await deps.outgoing.close();
console.log(JSON.stringify({ seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6 }));
