/**
 * The reasons for which a whole account or one model has to wait, with no link at fault, and which calls
 * each of them stops. The strings are the product's contract: `status`, the API and scripts rely on them.
 */

export type GateOperation = 'submit' | 'query';

/**
 * What each halt stops. Tasks at the vendor are paid already, so looking after them continues wherever the
 * vendor can still answer; with a full disk no new task is bought whose result could not be stored.
 */
const stoppedBy = {
  unauthorized: ['submit', 'query'],
  'no-credits': ['submit'],
  'key-limit': ['submit'],
  maintenance: ['submit', 'query'],
  'model-paused': ['submit'],
  'model-failing': ['submit'],
  misconfigured: ['submit'],
  'storage-full': ['submit'],
  'storage-unavailable': ['submit'],
  'results-unavailable': ['submit'],
} as const satisfies Record<string, readonly GateOperation[]>;

export type HaltReason = keyof typeof stoppedBy;

export const haltReasons: readonly HaltReason[] = [
  'unauthorized',
  'no-credits',
  'key-limit',
  'maintenance',
  'model-paused',
  'model-failing',
  'misconfigured',
  'storage-full',
  'storage-unavailable',
  'results-unavailable',
];

/** The field of a halt in the hash of halts: the reason, and the model where the halt is one model's alone. */
export function haltField(reason: HaltReason, model?: string): string {
  return model === undefined ? reason : `${reason}:${model}`;
}

export function stops(reason: HaltReason, operation: GateOperation): boolean {
  const stopped: readonly GateOperation[] = stoppedBy[reason];
  return stopped.includes(operation);
}

/** Results are not downloaded either. */
export function stopsDownloads(reason: HaltReason): boolean {
  return reason === 'storage-full' || reason === 'storage-unavailable' || reason === 'results-unavailable';
}

/** The fields that stop an operation: those of the account, and those of the model where one is given. */
export function stoppingHaltFields(operation: GateOperation, model?: string): string[] {
  const reasons = haltReasons.filter((reason) => stops(reason, operation));
  const ofModel = model === undefined ? [] : reasons.map((reason) => haltField(reason, model));
  return [...reasons.map((reason) => haltField(reason)), ...ofModel];
}
