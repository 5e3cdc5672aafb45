/**
 * The state of a gate for `status`, the dashboard and the metrics, and the reset with which a person (after an upgrade
 * of the account) starts learning again.
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { clockScript, loadScript } from '../redis/script.ts';
import { gateKeys } from './gate-keys.ts';
import type { GateOperation } from './halt-reasons.ts';

const readGateScript = loadScript(clockScript, new URL('read-gate.lua', import.meta.url));

export interface GateState {
  operation: GateOperation;
  limit: { max: number; windowMs: number };
  configured: { max: number; windowMs: number };
  saidByServer: number | null;
  /** Slots in use: requests on their way, and those that the vendor's window still counts. */
  usedSlots: number;
  openSlots: number;
  /** Since the beginning. */
  admitted: number;
  refused: number;
  /** Unix milliseconds; null when nothing is paused. May have passed. */
  pausedUntil: number | null;
  /** Since when the vendor has asked for pauses, without an accepted call in between. */
  pausedSince: number | null;
  /** Why, in the vendor's words; null where the pause is our own, after unusable answers. */
  pauseMessage: string | null;
  /** What the limit rises to again, one by one, after a fall or a long pause. */
  rate: { max: number; windowMs: number };
  /** Unix milliseconds of the next attempt beyond the limit; null when none is planned. May have passed. */
  nextProbeAt: number | null;
  /** So many unusable answers in a row that the vendor is probably at fault. */
  isTroubled: boolean;
  /** Whether another client seems to use the same account. */
  seemsShared: boolean;
}

/** As in learning.lua. */
export const TROUBLED = 5;
const wholeText = z.string().regex(/^\d+$/).transform(Number);
const instantMs = z
  .string()
  .default('0')
  .transform((text) => Math.ceil(Number(text) / 1000))
  .transform((ms) => (ms > 0 ? ms : null));

const storedState = z.object({
  configured: z.string().regex(/^\d+\/\d+$/),
  limit: wholeText,
  window: wholeText,
  ceiling: wholeText,
  pausedUntil: instantMs,
  pausedSince: instantMs,
  pauseMessage: z.string().nullable().default(null),
  top: wholeText.default(0),
  nextProbeAt: instantMs,
  trouble: wholeText.default(0),
  sharedAccount: z.string().transform((text) => text === '1'),
  admitted: wholeText.default(0),
  refused: wholeText.default(0),
});

const readReply = z
  .tuple([z.number(), z.number()], z.string())
  .transform(([open, held, ...fields]) => ({ open, held, fields: pairs(fields) }));

/** Null before the first request, and after a reset until the next one. */
export async function readGate(
  { redis, prefix }: Keyspace,
  operation: GateOperation,
): Promise<GateState | null> {
  const keys = gateKeys(prefix, operation);
  const reply = await readGateScript(redis, [keys.state, keys.open, keys.held], ['']);
  const { open, held, fields } = readReply.parse(reply);
  if (fields['configured'] === undefined) return null;
  const state = storedState.parse(fields);
  const [max = 0, windowUs = 0] = state.configured.split('/').map(Number);
  return {
    operation,
    limit: { max: state.limit, windowMs: state.window / 1000 },
    configured: { max, windowMs: windowUs / 1000 },
    saidByServer: state.ceiling > 0 ? state.ceiling : null,
    usedSlots: open + held,
    openSlots: open,
    admitted: state.admitted,
    refused: state.refused,
    pausedUntil: state.pausedUntil,
    pausedSince: state.pausedSince,
    pauseMessage: state.pauseMessage,
    rate: { max: Math.max(state.limit, state.top), windowMs: state.window / 1000 },
    nextProbeAt: state.nextProbeAt,
    isTroubled: state.trouble >= TROUBLED,
    seemsShared: state.sharedAccount,
  };
}

/** Resets what was learned, and ends a pause: the gate starts from the configured limit. Slots in use stay. */
export async function resetGate({ redis, prefix }: Keyspace, operation: GateOperation): Promise<void> {
  const fields = ['configured', 'pausedUntil', 'pausedSince', 'pauseProbeAt', 'pauseMessage'];
  await redis.hdel(gateKeys(prefix, operation).state, ...fields);
}

function pairs(fields: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) {
    record[fields[index] ?? ''] = fields[index + 1] ?? '';
  }
  return record;
}
