/**
 * What a person is told when a command cannot continue. Errors of known kinds carry a message that says what to
 * do; anything else is a bug of ours, whose stack goes to the log file.
 */

import { UsageError } from '../app/usage-error.ts';
import { ListError } from '../producer/lists/list-error.ts';
import { ScheduleError } from '../producer/schedules/schedule.ts';
import { SourceError } from '../producer/sources/source-error.ts';
import { ConfigurationError } from '../shared/configuration/configuration.ts';
import { DataVersionError } from '../shared/data-version/data-version.ts';
import { BatchError } from '../shared/ledger/batch.ts';
import { LogFileError } from '../shared/logging/logger.ts';
import { ModelError } from '../shared/models/load-models.ts';
import { InputError } from '../shared/models/resolve-inputs.ts';
import { describeRedisTrouble, isRedisTrouble } from '../shared/redis/redis-trouble.ts';
import { RedisUnusableError } from '../shared/redis/redis-unusable-error.ts';
import { StorageError } from '../shared/storage/storage-error.ts';
import { UnreadableTasksError } from '../worker/unreadable-tasks-error.ts';
import { describeCrash } from './crash.ts';
import { exitCodes } from './exit-codes.ts';

const known = [
  UsageError,
  ConfigurationError,
  ListError,
  SourceError,
  ScheduleError,
  BatchError,
  ModelError,
  InputError,
  RedisUnusableError,
  DataVersionError,
  StorageError,
  LogFileError,
  UnreadableTasksError,
];

export async function describeError(
  error: unknown,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  if (known.some((kind) => error instanceof kind)) {
    return { text: `error: ${error instanceof Error ? error.message : ''}`, exitCode: exitCodes.usage };
  }
  if (error instanceof Error && isRedisTrouble(error)) {
    return { text: `error: ${describeRedisTrouble(error)}`, exitCode: exitCodes.usage };
  }
  return { text: await describeCrash(error), exitCode: exitCodes.crashed };
}
