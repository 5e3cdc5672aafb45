/**
 * The one error of this folder: no Redis can be had, or the one at hand must not be trusted with links.
 * Thrown only while starting. The message is one paragraph for a person and says what to do; it never
 * holds a password. The command line prints it without a stack and exits with 2.
 */
import { ExplainedError } from '../explained-error.ts';

export type RedisUnusableCode =
  | 'invalid-url'
  | 'unreachable'
  | 'access-denied'
  | 'unsuitable'
  | 'no-program'
  | 'start-failed';

export class RedisUnusableError extends ExplainedError {
  override readonly name = 'RedisUnusableError';
  readonly code: RedisUnusableCode;

  constructor(code: RedisUnusableCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
