/**
 * The audit log: every action of a person or a program through the server or the command line, and every sign-in. Kept
 * in a Redis stream of bounded length, and written to the log.
 */
import { z } from 'zod';
import type { Logger } from '../logging/logger.ts';
import type { Keyspace } from '../redis/keyspace.ts';

interface AuditEntry {
  /** The account's name; `local` without sign-in; the user's name on the command line. */
  readonly who: string;
  /** Where from: an address, or the host of a command. */
  readonly address: string;
  /** `retry`, `cancel`, `sign-in` … */
  readonly action: string;
  /** The batch or item it was done to, or ''. */
  readonly target: string;
  readonly outcome: string;
}

export interface WrittenAuditEntry extends AuditEntry {
  /** Unix milliseconds. */
  readonly at: number;
}

export interface AuditFilter {
  readonly who?: string | undefined;
  readonly action?: string | undefined;
  /** Part of what it was done to. */
  readonly target?: string | undefined;
}

function passes({ who, action, target }: AuditEntry, filter: AuditFilter): boolean {
  const has = (text: string, part: string | undefined) =>
    part === undefined || text.toLowerCase().includes(part.toLowerCase());
  return has(who, filter.who) && has(action, filter.action) && has(target, filter.target);
}

export interface AuditLog {
  write(entry: AuditEntry): Promise<void>;
  /** Like `write`, after an action: a Redis outage does not affect the action, and is logged. */
  note(entry: AuditEntry): Promise<void>;
  /** Those that fit, the latest first, of the entries before an instant or all. */
  latest(count: number, filter?: AuditFilter): Promise<WrittenAuditEntry[]>;
}

const keptEntries = 10_000;
const longestText = 300;
const streamEntry = z.tuple([z.string(), z.array(z.string())]);
const storedEntry = z.object({
  who: z.string(),
  address: z.string(),
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
});

export function createAuditLog({ redis, prefix }: Keyspace, logger: Logger): AuditLog {
  const key = `${prefix}:audit`;
  async function write(entry: AuditEntry): Promise<void> {
    const bounded = Object.fromEntries(
      Object.entries(entry).map(([name, text]) => [name, String(text).slice(0, longestText)]),
    );
    logger.info({ ...bounded }, 'Action');
    await redis.xadd(key, 'MAXLEN', '~', String(keptEntries), '*', 'entry', JSON.stringify(bounded));
  }
  return {
    write,
    note: (entry) =>
      write(entry).catch((error: unknown) =>
        logger.warn({ err: error, ...entry }, 'An action is missing in the audit log'),
      ),
    async latest(count, filter = {}) {
      const isFiltered = Object.values(filter).some((part) => part !== undefined);
      const read = isFiltered ? keptEntries : count;
      const entries = z.array(streamEntry).parse(await redis.xrevrange(key, '+', '-', 'COUNT', read));
      return entries
        .map(([id, fields]) => ({
          ...storedEntry.parse(JSON.parse(fields[1] ?? '{}')),
          at: Number(id.split('-')[0]),
        }))
        .filter((entry) => passes(entry, filter))
        .slice(0, count);
    },
  };
}
