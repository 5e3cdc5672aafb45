/**
 * The rate limiter in front of the vendor: a worker calls it before each request and reports the outcome afterwards.
 * All workers of an account share one gate: each decision is one Lua script over the same keys, by Redis's clock.
 * Workers hold no state, so any of them may die at any time; its slots are freed when their leases end. slots.lua
 * explains why a slot is held until its answer plus the window.
 */
import { z } from 'zod';
import { countsKey, gateKeys, haltsKey } from '../../shared/gate-state/gate-keys.ts';
import { TROUBLED } from '../../shared/gate-state/gate-state.ts';
import { type GateOperation, stoppingHaltFields } from '../../shared/gate-state/halt-reasons.ts';
import { beginHalt, type NewHalt } from '../../shared/gate-state/halts.ts';
import type { ServerHints } from '../../shared/outgoing/server-hints.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { clockScript, type LoadedScript, loadScript } from '../../shared/redis/script.ts';

type GateWait = 'limit' | 'in-flight' | 'paused' | 'halted';

export type Admission = { go: true; slot: string } | { go: false; waitMs: number; why: GateWait };

export type Verdict =
  /** Accepted, or any other answer to a request that the vendor's window has counted. */
  | ({ kind: 'counted' } & ServerHints)
  /** 429: the vendor's window has not counted it. */
  | ({ kind: 'refused'; readonly message?: string } & ServerHints)
  /** An answer that says nothing of the request: an edge page, a server error. */
  | { kind: 'unusable' }
  /** It was not sent after all: the slot is free at once, and nothing is learned. */
  | { kind: 'unused' }
  /** Not one byte of it left, as the vendor is out of reach: the slot is free again at once. */
  | { kind: 'unsent' }
  /** Sent with an unknown outcome: counts as used. */
  | { kind: 'ambiguous' };

export interface Settled {
  /** So many unusable answers in a row that all workers are paused: the vendor is probably at fault. */
  readonly troubled: boolean;
}

export interface Room {
  /** Admissions possible right now. */
  freeSlots: number;
  /** Until the first one, when there is none now. */
  waitMs: number;
  why: GateWait | null;
  /** When there is none now: after how many ms each of the next ones becomes possible, as far as that is known. */
  soonMs: number[];
}

export interface Gate {
  /**
   * Asks for one request. The holder is the link's id, a dot and what is unique per try; a second call with the same
   * holder takes no second slot.
   * With a model, the halts of that model count as well as those of the account.
   */
  admit(holder: string, model?: string): Promise<Admission>;
  /** Whether the latest request of this process found less than 80 % of the slots in use. */
  hasRoom(): boolean;
  /** Must follow every admission that was used; without it the slot counts as used until its lease ends. */
  settle(slot: string, verdict: Verdict): Promise<Settled>;
  /**
   * Reads the state without taking a slot, for the feeder.
   * @param aheadMs how far `soonMs` looks ahead
   */
  free(aheadMs?: number): Promise<Room>;
  /** Begins or renews a halt; true when it is new. */
  halt(halt: NewHalt): Promise<boolean>;
}

export interface GateOptions extends Keyspace {
  readonly operation: GateOperation;
  readonly limit: { readonly max: number; readonly windowMs: number };
  /** Most tasks at the vendor at once, by the ledger's counts; unset: no cap. */
  readonly maxInFlight?: number;
  /** Must be longer than the longest call: a slot without an answer counts as answered when it ends. */
  readonly leaseMs: number;
  /**
   * `both` (the default) treats the limit as a hint and learns in both directions, at the cost of an occasional
   * refusal. `down` treats it as the maximum: no refusal if it is right.
   */
  readonly learn?: 'both' | 'down';
  /** The time in Unix microseconds, for simulations; unset: Redis's own clock. */
  readonly nowUs?: () => number;
}

const script = (name: string): LoadedScript =>
  loadScript(
    clockScript,
    ...['slots.lua', 'learning.lua', name].map((file) => new URL(file, import.meta.url)),
  );
const admitScript = script('admit.lua');
const peekScript = script('peek.lua');
const settleScript = script('settle.lua');

/** With fewer of its slots in use a gate has room for calls that are not needed. */
const roomShare = 0.8;
const waits = z.enum(['limit', 'in-flight', 'paused', 'halted']);
interface Asked {
  readonly admission: Admission;
  readonly hasRoom: boolean;
}
const admissionReply = z.union([
  z.tuple([z.literal(1), z.number(), z.string(), z.number(), z.number()]).transform(
    ([, , slot, used, limit]): Asked => ({
      admission: { go: true, slot },
      hasRoom: used < roomShare * limit,
    }),
  ),
  z.tuple([z.literal(0), z.number(), waits, z.number(), z.number()]).transform(
    ([, waitMs, why, used, limit]): Asked => ({
      admission: { go: false, waitMs, why },
      // Refused all the same, because many requests are on their way at once.
      hasRoom: used < roomShare * limit,
    }),
  ),
]);
const roomReply = z
  .tuple([z.number(), z.number(), z.union([waits, z.literal('').transform(() => null)]), z.array(z.number())])
  .transform(([freeSlots, waitMs, why, soonMs]): Room => ({ freeSlots, waitMs, why, soonMs }));

export function createGate(options: GateOptions): Gate {
  const { redis, prefix, operation } = options;
  const keys = gateKeys(prefix, operation);
  const scriptKeys = [keys.state, keys.open, keys.held, countsKey(prefix), haltsKey(prefix)];
  const run = (lua: LoadedScript, ...args: readonly (string | number)[]) =>
    lua(redis, scriptKeys, [
      options.nowUs?.().toFixed(0) ?? '',
      options.limit.max,
      options.limit.windowMs * 1000,
      options.leaseMs * 1000,
      options.maxInFlight ?? 0,
      options.learn ?? 'both',
      prefix,
      ...args,
    ]);
  let hadRoom = true;
  return {
    hasRoom: () => hadRoom,
    admit: async (holder, model) => {
      const reply = await run(admitScript, holder, ...stoppingHaltFields(operation, model));
      const { admission, hasRoom } = admissionReply.parse(reply);
      hadRoom = hasRoom;
      return admission;
    },
    settle: async (slot, verdict) => {
      const reply = await run(settleScript, slot, verdict.kind, ...settleHints(verdict));
      const trouble = z.number().parse(reply);
      return { troubled: trouble >= TROUBLED };
    },
    free: async (aheadMs = 0) =>
      roomReply.parse(await run(peekScript, aheadMs, ...stoppingHaltFields(operation))),
    halt: (halt) => beginHalt({ redis, prefix }, halt),
  };
}

/** The hints of a verdict: a pause in ms, the limit and its window in ms (0 if none), and the message. */
function settleHints(verdict: Verdict): [pauseMs: number, limit: number, windowMs: number, message: string] {
  if (verdict.kind !== 'counted' && verdict.kind !== 'refused') return [0, 0, 0, ''];
  const exhausted = verdict.kind === 'refused' || verdict.remaining === 0;
  const pauseMs = Math.max(verdict.retryAfterMs ?? 0, exhausted ? (verdict.resetAfterMs ?? 0) : 0);
  const message = verdict.kind === 'refused' ? (verdict.message ?? '') : '';
  return [Math.ceil(pauseMs), verdict.limit ?? 0, verdict.windowMs ?? 0, message];
}
