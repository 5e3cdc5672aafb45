/** Builds what a transfer needs, on a temporary folder and with short limits, and takes it down again. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../src/shared/clock.ts';
import type { Disclosure } from '../../../src/shared/media/disclosure.ts';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { createStorage } from '../../../src/shared/storage/create-storage.ts';
import { unlimitedBandwidth } from '../../../src/worker/transfer/bandwidth.ts';
import type { FetchRequest } from '../../../src/worker/transfer/fetch-reply.ts';
import { sidecarOf } from '../../../src/worker/transfer/sidecar.ts';
import type { TransferDeps } from '../../../src/worker/transfer/transfer-deps.ts';

export function disclosureOf(id: string): Disclosure {
  return {
    link: `https://sora.chatgpt.com/p/${id}`,
    taskId: `task-${id}`,
    model: 'm',
    tool: 'kie-batch 0.0.0',
  };
}

/** What the download stage would ask for. */
export function requestFor(id: string, url: string): FetchRequest {
  const disclosure = disclosureOf(id);
  const facts = { id, batch: 'batch', via: null, savedAt: Date.now() };
  const key = `batch/${id}.mp4`;
  return { url, key, disclosure, sidecarOf: (stored) => sidecarOf(stored, disclosure, facts) };
}

export async function createDeps(root: string, changes: Partial<TransferDeps> = {}): Promise<TransferDeps> {
  return {
    storage: await createStorage(`file://${root}`, { clock: systemClock }),
    outgoing: createOutgoing({ allowPrivateAddresses: true, headersTimeoutMs: 5000 }),
    bandwidth: unlimitedBandwidth,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    limits: { lowestBytesPerSecond: 1000, stallWindowMs: 300, reconnects: 2, reconnectDelayMs: 5 },
    ...changes,
  };
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'kie-batch-transfer-'));
}

/** Every file under a folder, relative and sorted. */
export async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

export function removeFolder(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true });
}
