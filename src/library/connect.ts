/**
 * Connects another program to kie-batch: the settings of docs/environment.md, and its own logger if it has one. Shared
 * by the producer and the worker of the library.
 */
import { type LogOutput, openSession, type Session } from '../app/session.ts';
import { loadConfiguration } from '../shared/configuration/configuration.ts';
import type { SettingName } from '../shared/configuration/schema.ts';
import type { Logger } from '../shared/logging/logger.ts';
import { allowSlowConnects } from '../shared/outgoing/slow-connects.ts';

export interface ConnectOptions {
  /** By the names of docs/environment.md, as one would write them there; over the environment and `.env`. */
  readonly settings?: Readonly<Partial<Record<SettingName, string>>>;
  /** A pino logger. Default: one that writes to standard error at `LOG_LEVEL`. */
  readonly logger?: Logger;
  /** Model definitions of your own, see docs/models.md. */
  readonly modelFiles?: readonly string[];
}

export function connect({ settings = {}, logger, modelFiles = [] }: ConnectOptions): Promise<Session> {
  allowSlowConnects();
  return openSession({
    loaded: loadConfiguration(settings),
    output: outputOf(logger),
    modelFiles,
    logTo: 'standard-error',
    givenLogger: logger,
    waitsForRedis: true,
  });
}

/** No person reads a library's output. */
function outputOf(logger: Logger | undefined): LogOutput {
  return { isWatched: false, warn: (text) => logger?.info(text) };
}
