/**
 * Reads the configuration once at start: the environment, and below it a `.env` file in the working folder.
 * Only this folder touches `process.env`. All problems are reported in one ConfigurationError, because a
 * person who has to fix three settings wants to hear of three, not of the first.
 */
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import type { z } from 'zod';
import { isLoopback } from '../outgoing/address-rules.ts';
import { type Configuration, configurationSchema, secretSettings } from './schema.ts';

export { cacheFolder } from './cache-folder.ts';
export type { Configuration } from './schema.ts';

/** Wrong settings. The message lists each with what is expected and is meant to be shown as it is. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Sentences about settings that look like mistakes but stop nothing. */
  readonly warnings: readonly string[];
}

export function loadConfiguration(overrides: Readonly<Record<string, string>> = {}): LoadedConfiguration {
  if (existsSync('.env')) loadEnvFile('.env');
  return parseConfiguration({ ...process.env, ...overrides });
}

/**
 * @param environment names and values as they stand in the environment; an empty value counts as unset, as
 *   `docker compose` passes unset variables on as empty ones.
 * @throws ConfigurationError naming every wrong setting
 */
export function parseConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): LoadedConfiguration {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const result = configurationSchema.safeParse(given);
  const problems = result.success
    ? relationProblems(result.data)
    : result.error.issues.map((issue) => describeIssue(issue, given));
  if (!result.success || problems.length > 0) {
    throw new ConfigurationError(
      `Wrong configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  return { configuration: result.data, warnings: unknownNames(given) };
}

function describeIssue(issue: z.core.$ZodIssue, given: Readonly<Record<string, string | undefined>>): string {
  const name = String(issue.path[0] ?? '');
  if (issue.code !== 'invalid_value') return `${name} ${issue.message}`;
  const shown = (secretSettings as readonly string[]).includes(name) ? '' : `, not "${given[name]}"`;
  return `${name} must be one of ${issue.values.join(', ')}${shown}`;
}

function relationProblems(configuration: Configuration): string[] {
  const problems: string[] = [];
  if (Boolean(configuration.DASHBOARD_USER) !== Boolean(configuration.DASHBOARD_PASSWORD)) {
    problems.push('DASHBOARD_USER and DASHBOARD_PASSWORD belong together: set both or neither');
  }
  if (Boolean(configuration.DASHBOARD_VIEWER_USER) !== Boolean(configuration.DASHBOARD_VIEWER_PASSWORD)) {
    problems.push('DASHBOARD_VIEWER_USER and DASHBOARD_VIEWER_PASSWORD belong together: set both or neither');
  }
  if (configuration.DASHBOARD_VIEWER_USER && !configuration.DASHBOARD_USER) {
    problems.push('DASHBOARD_VIEWER_USER needs DASHBOARD_USER too: somebody has to be able to act');
  }
  for (const name of ['KIE_BASE_URL', 'KIE_UPLOAD_URL'] as const) {
    if (!isPlainBeyondLoopback(configuration[name]) || configuration.ALLOW_PRIVATE_ADDRESSES) continue;
    problems.push(
      `${name} is http: and leads to another machine, so that the key could be read on the way: use https:, or set ALLOW_PRIVATE_ADDRESSES=true for a simulator`,
    );
  }
  return problems;
}

function isPlainBeyondLoopback(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

function unknownNames(given: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(given)
    .filter((name) => name.startsWith('KIE_') && !(name in configurationSchema.shape))
    .map((name) => `${name} is not a setting of kie-batch and is ignored`);
}
