import { RequestError } from '../shared/explained-error.ts';

/** What the user got wrong; the message says what to do and is shown as it is. Nothing has been started. */
export class UsageError extends RequestError {
  readonly code = 'USAGE';
}
