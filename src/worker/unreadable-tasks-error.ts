import { ExplainedError } from '../shared/explained-error.ts';

/** A file of paid task ids that cannot be understood. Nothing starts over it; the message says what to do. */
export class UnreadableTasksError extends ExplainedError {
  readonly code = 'UNREADABLE_TASKS';

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `${path} holds ids of paid tasks and cannot be read (${reason}). Restore the file; or, if it cannot be restored, move it away: its links may then be paid again`,
      { cause },
    );
  }
}
