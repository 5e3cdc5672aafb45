/**
 * What a person is told when a command cannot go on. Errors of known kinds carry a message that says what to
 * do; anything else is a bug of ours and is shown as such, with its trace, as nobody could help otherwise.
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
import { RedisUnusableError } from '../shared/redis/redis-unusable-error.ts';
import { StorageError } from '../shared/storage/storage-error.ts';
import { exitCodes } from './exit-codes.ts';

const known = [
  UsageError,
  ConfigurationError,
  ListError,
  SourceError,
  ScheduleError,
  BatchError,
  ModelError,
  RedisUnusableError,
  DataVersionError,
  StorageError,
  LogFileError,
];

export function describeError(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (known.some((kind) => error instanceof kind)) {
    return { text: `error: ${error instanceof Error ? error.message : ''}`, exitCode: exitCodes.usage };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `This should not have happened; nothing is lost, and the same command goes on. Please report it:\n${trace}`,
    exitCode: exitCodes.failures,
  };
}
