/**
 * The Redis keys of the gates and the halts. Every key starts with the queue prefix, whose hash tag puts
 * them into one slot of a Cluster, so that one script may touch them all.
 */
import type { GateOperation } from './halt-reasons.ts';

export interface GateKeys {
  /** Hash: what has been learned, the pause, the totals. */
  readonly state: string;
  /** Sorted set: admissions that have no answer yet, by the end of their lease. */
  readonly open: string;
  /** Sorted set: answered admissions that still use the window, by the instant that frees them. */
  readonly held: string;
}

export function gateKeys(prefix: string, operation: GateOperation): GateKeys {
  const state = `${prefix}:gate:${operation}`;
  return { state, open: `${state}:open`, held: `${state}:held` };
}

/** Hash of the ledger's counts over all batches; the gate reads `submitting` and `processing`. */
export function countsKey(prefix: string): string {
  return `${prefix}:counts`;
}

/** Hash: field is the halt's reason, with `:model` for one model's, value its JSON. */
export function haltsKey(prefix: string): string {
  return `${prefix}:halts`;
}

/** Hash: who is probing a halt at present and until when; the same fields as the halts. */
export function probesKey(prefix: string): string {
  return `${prefix}:halts:probes`;
}
