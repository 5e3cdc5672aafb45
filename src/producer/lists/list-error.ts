/**
 * What keeps lists from being read at all, as opposed to a line that is skipped: a person has to change the
 * command or the file. Its message names every problem found and says what to do.
 */
import { RequestError } from '../../shared/explained-error.ts';

export type ListErrorCode = 'lists-unreadable' | 'column-missing' | 'list-read-failed';

export class ListError extends RequestError {
  override readonly name = 'ListError';
  readonly code: ListErrorCode;

  constructor(code: ListErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
