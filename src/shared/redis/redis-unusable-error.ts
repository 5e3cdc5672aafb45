/**
 * The only error of this folder: there is no Redis, or it is not safe to use. Thrown only at the start. The message is
 * one paragraph for a person, says what to do, and never contains a password. The command line prints it without a
 * stack and exits with 2.
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
