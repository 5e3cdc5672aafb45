/**
 * Why the links of a batch failed: groups of failures with the same reason and the same message, except for numbers and
 * ids.
 */
import { z } from 'zod';
import type { Keyspace } from '../../redis/keyspace.ts';
import { ledgerKeys } from '../keys.ts';
import { ledgerScript } from '../ledger-script.ts';
import { type FailureReason, failureReasons } from '../states.ts';

export interface FailureGroup {
  readonly reason: FailureReason | null;
  readonly message: string;
  readonly count: number;
}

export interface FailureGroups {
  readonly groups: readonly FailureGroup[];
  /** The latest failures that were read; there may be more. */
  readonly examined: number;
}

const examinedFailures = 2000;
const failuresReply = z.tuple([z.number()], z.union([z.string(), z.number()]));

/** @returns a function that reads the failures of a batch, the largest group first */
export function createFailureGroups({ redis, prefix }: Keyspace) {
  const keys = ledgerKeys(prefix);
  const script = ledgerScript(redis, 'failure-groups');
  return async (batch: string): Promise<FailureGroups> => {
    const reply = await script([keys.listed(batch, 'failed')], [prefix, examinedFailures]);
    const [examined, ...cells] = failuresReply.parse(reply);
    return { examined, groups: groupsOf(cells) };
  };
}

/** Messages that differ only in numbers and long ids are one group; `…` replaces what differs. Pure. */
export function groupKey(message: string): string {
  return message
    .replace(/[0-9a-f]{16,}/gi, '…')
    .replace(/\d+([.,]\d+)*/g, '…')
    .trim();
}

function groupsOf(cells: readonly (string | number)[]): FailureGroup[] {
  const groups = new Map<string, { reason: string; messages: Set<string>; count: number }>();
  for (let index = 0; index + 2 < cells.length; index += 3) {
    const [reason, message, count] = [
      String(cells[index]),
      String(cells[index + 1]),
      Number(cells[index + 2]),
    ];
    const key = `${reason} ${groupKey(message)}`;
    const group = groups.get(key) ?? { reason, messages: new Set(), count: 0 };
    groups.set(key, { ...group, messages: group.messages.add(message), count: group.count + count });
  }
  return [...groups.values()]
    .map(({ reason, messages, count }) => {
      const [first = ''] = messages;
      return {
        reason: failureReasons.find((each) => each === reason) ?? null,
        message: messages.size === 1 ? first : groupKey(first),
        count,
      };
    })
    .sort((a, b) => b.count - a.count);
}
