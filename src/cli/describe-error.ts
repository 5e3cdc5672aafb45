/**
 * The message when a command cannot continue. An ExplainedError says what to do; anything else is a bug, whose stack is
 * written to the log file.
 */
import { ExplainedError } from '../shared/explained-error.ts';
import { describeRedisTrouble, isRedisTrouble } from '../shared/redis/redis-trouble.ts';
import { describeCrash } from './crash.ts';
import { exitCodes } from './exit-codes.ts';

export async function describeError(
  error: unknown,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  if (error instanceof ExplainedError) return { text: `error: ${error.message}`, exitCode: exitCodes.usage };
  if (error instanceof Error && isRedisTrouble(error))
    return { text: `error: ${describeRedisTrouble(error)}`, exitCode: exitCodes.usage };
  return { text: await describeCrash(error), exitCode: exitCodes.crashed };
}
