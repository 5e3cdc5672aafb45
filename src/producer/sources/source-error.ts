/**
 * A source that cannot be used or reached. The message names it and says what to do, and is shown to people as
 * it is: on the terminal, and as the last error of a schedule.
 */
import { RequestError } from '../../shared/explained-error.ts';

export type SourceErrorCode = 'source-invalid' | 'source-unreachable' | 'source-refused';

export class SourceError extends RequestError {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
