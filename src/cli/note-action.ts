/**
 * Records an action on the command line in the audit log, with the user's name and the host. If the log cannot be
 * written, the action is not affected.
 */
import { hostname, userInfo } from 'node:os';
import type { Session } from '../app/session.ts';
import { createAuditLog } from '../shared/audit/audit-log.ts';

export interface CommandAction {
  /** As on the command line: `retry`, `schedule add` … */
  readonly action: string;
  /** The batch or schedule, or `everything`. */
  readonly target: string;
  readonly outcome: string;
}

export async function noteAction(
  session: Pick<Session, 'redis' | 'prefix' | 'logger'>,
  action: CommandAction,
): Promise<void> {
  const audit = createAuditLog(session, session.logger);
  await audit.note({ ...action, who: userName(), address: `command line on ${hostname()}` });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry, as in many containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
