/**
 * Before a batch starts: shows its expected cost and the available credits, and on a terminal asks whether to start.
 * Used by `run` and `enqueue`. The real cost comes from the vendor's records later.
 */
import { createInterface } from 'node:readline/promises';
import { openVendor } from '../app/open-vendor.ts';
import type { Session } from '../app/session.ts';
import { announcedPrice } from '../producer/announce-cost.ts';
import { foreseeCost } from '../producer/foresee-cost.ts';
import { isBuildMachine } from '../shared/configuration/attended.ts';
import type { Configuration } from '../shared/configuration/configuration.ts';
import type { Batch } from '../shared/ledger/batch.ts';
import type { Logger } from '../shared/logging/logger.ts';
import { type CostForecast, estimateForecast } from '../shared/models/estimate.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { createOutgoing } from '../shared/outgoing/outgoing.ts';
import { rulesForOthers } from '../shared/outgoing/proxies.ts';
import { createVideoLengths, type VideoLengths } from '../shared/video-length/video-lengths.ts';
import { judgeSkew } from './doctor/judge-machine.ts';
import type { Terminal } from './terminal.ts';

/** Asks the user; true for yes. */
export type Ask = (question: string, byDefault: boolean) => Promise<boolean>;

export interface CostDeps {
  readonly terminal: Pick<Terminal, 'say' | 'warn'>;
  /** Null if there is no terminal, or with --yes. */
  readonly ask: Ask | null;
  readonly balance: Promise<number | null>;
}

/** The vendor may be slow or unreachable; the batch need not wait for that. */
const balancePatienceMs = 8000;

/** Shows the expected cost of the waiting links of a batch. @returns false if the user does not want to start */
export async function agreeToCost(
  batch: Batch,
  forecast: CostForecast,
  { terminal, ask, balance }: CostDeps,
): Promise<boolean> {
  const links = batch.counts.queued;
  if (links === 0) return true;
  const maxCredits = batch.budget === null ? null : Math.max(0, batch.budget - batch.creditsSpent);
  const estimate = estimateForecast(forecast, { links, balance: await balance, maxCredits });
  // A question without it could not be answered.
  (ask === null ? terminal.say : terminal.warn)(estimate.text);
  return ask === null ? true : ask('Start?', estimate.enough);
}

/** What the waiting links will cost; kept with the batch, which is paused when its tasks cost more than was said. */
export async function foreseeAndAnnounce(
  batch: Batch,
  model: ModelDefinition,
  { redis, prefix, ledger, configuration }: Pick<Session, 'redis' | 'prefix' | 'ledger' | 'configuration'>,
  signal: AbortSignal,
): Promise<CostForecast> {
  return withLengths(configuration, async (lengths) => {
    const forecast = await foreseeCost(batch, model, { redis, prefix, ledger, lengths, signal });
    await ledger.announcePrice(batch.name, announcedPrice(forecast));
    return forecast;
  });
}

/** Reads headers of videos under the rules of downloads. */
export async function withLengths<Found>(
  configuration: Parameters<typeof rulesForOthers>[0],
  use: (lengths: VideoLengths) => Promise<Found>,
): Promise<Found> {
  const outgoing = createOutgoing(rulesForOthers(configuration));
  try {
    return await use(createVideoLengths(outgoing));
  } finally {
    await outgoing.close();
  }
}

/**
 * Null without a key or an answer.
 * @param warn gets a warning about a clock that disagrees with the vendor's
 */
export async function readBalance(
  configuration: Configuration,
  logger: Logger,
  warn: (text: string) => void = () => undefined,
): Promise<number | null> {
  const vendor = openVendor(configuration, { logger });
  if (vendor === null) return null;
  try {
    const reply = await vendor.balance(AbortSignal.timeout(balancePatienceMs));
    if (reply.kind !== 'credits') return null;
    const { verdict, says, next } = judgeSkew('clock', 'the vendor’s', reply.aheadMs ?? 0);
    if (verdict !== 'ok') warn(`Warning: ${says}; ${next}`);
    return reply.credits;
  } finally {
    await vendor.close();
  }
}

/** A way to ask the person at the terminal; null without one, as when a list is piped in. */
export function openAsk({ stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>): Ask | null {
  if (stdin.isTTY !== true || stderr.isTTY !== true || isBuildMachine()) return null;
  return async (question, byDefault) => {
    const lines = createInterface({ input: stdin, output: stderr });
    // Ctrl-C and Ctrl-D at the question mean no.
    const leaving = new AbortController();
    lines.on('SIGINT', () => leaving.abort());
    lines.on('close', () => leaving.abort());
    try {
      const answer = await lines.question(`${question} ${byDefault ? '[Y/n]' : '[y/N]'} `, {
        signal: leaving.signal,
      });
      return /^\s*$/.test(answer) ? byDefault : /^\s*y/i.test(answer);
    } catch {
      stderr.write('\n');
      return false;
    } finally {
      lines.close();
    }
  };
}
