/** A ledger, a memory and everything a source needs, on a real Redis, for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { InvalidLine } from '../../../src/producer/enqueue-lists.ts';
import { openSource, type SourceDeps } from '../../../src/producer/sources/open-source.ts';
import { parseSourceAddress } from '../../../src/producer/sources/source-address.ts';
import { createSourceMemory, type SourceMemory } from '../../../src/producer/sources/source-memory.ts';
import { type TakeDeps, type Taken, takeSource } from '../../../src/producer/sources/take-source.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { shareUrlOf } from '../../../src/shared/models/share-url.ts';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

export const model = loadModels({ extraFiles: [] }).get('sora-watermark-remover');

export interface Taking {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly invalid: InvalidLine[];
  readonly memory: (address: string) => SourceMemory;
  /** One run over a source, into the batch `test` unless another is named. */
  take(address: string, options?: TakeOptions): Promise<Taken>;
  /** Links of a batch, in their order. */
  linksOf(batch?: string): Promise<string[]>;
}

export interface TakeOptions {
  readonly batch?: string;
  readonly force?: boolean;
  readonly deps?: Partial<TakeDeps>;
  readonly sources?: Partial<SourceDeps>;
}

export async function startTaking(): Promise<Taking> {
  const redis = connectTestRedis();
  const prefix = redisPrefix();
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-source-'));
  const outgoing = createOutgoing({ allowPrivateAddresses: true });
  onTestFinished(async () => {
    await outgoing.close();
    await redis.quit();
    await rm(folder, { recursive: true, force: true });
  });
  const ledger = createLedger({ redis, prefix, shareUrl: (_model, id) => shareUrlOf(model, id) });
  const invalid: InvalidLine[] = [];
  const deps: SourceDeps = {
    outgoing,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    maxListBytes: 100_000,
    settleMs: 0,
    retryDelaysMs: [1, 1],
    s3Credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  };
  const memory = (address: string) => createSourceMemory({ redis, prefix, address, model: model.id });
  return {
    folder,
    ledger,
    invalid,
    memory,
    async take(address, options = {}) {
      const source = await openSource(parseSourceAddress(address, folder), { ...deps, ...options.sources });
      const batch = options.batch ?? 'test';
      return takeSource(
        { source, batch, model, force: options.force ?? false },
        {
          ledger,
          memory: memory(source.address),
          openBatch: () => ledger.openBatch(batch, { model: model.id, root: '/videos/' }),
          onInvalid: (line) => invalid.push(line),
          onProgress: () => undefined,
          signal: new AbortController().signal,
          ...options.deps,
        },
      );
    },
    async linksOf(batch = 'test') {
      const links: string[] = [];
      for await (const page of ledger.items(batch)) links.push(...page.map(({ url }) => url));
      return links;
    },
  };
}

/** A list of share links, a line each. */
export function listOf(...numbers: readonly number[]): string {
  return numbers.map((n) => `${linkOf(n)}\n`).join('');
}

export function linkOf(n: number): string {
  return `https://sora.chatgpt.com/p/s_${n.toString(16).padStart(32, '0')}`;
}
