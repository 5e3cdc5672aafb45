/**
 * Reads the configuration once at start: the environment, and then a `.env` file in the working directory. Only this
 * folder uses `process.env`. One ConfigurationError reports all problems, so that a person can fix them together.
 */
import type { z } from 'zod';
import { isLoopback } from '../outgoing/address-rules.ts';
import { ConfigurationError } from './configuration-error.ts';
import { readEnvFile } from './env-file.ts';
import { type Configuration, configurationSchema } from './schema.ts';
import { secretSettings } from './secret-texts.ts';

export { cacheFolder, priceListFolder } from './cache-folder.ts';
export { ConfigurationError } from './configuration-error.ts';
export type { Configuration } from './schema.ts';

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Warnings about settings that look like mistakes. */
  readonly warnings: readonly string[];
}

export function loadConfiguration(overrides: Readonly<Record<string, string>> = {}): LoadedConfiguration {
  // The environment wins; other libraries read their settings there too.
  Object.assign(process.env, { ...readEnvFile('.env'), ...process.env });
  return parseConfiguration({ ...process.env, ...overrides });
}

/**
 * @param environment names and values of the environment; an empty value counts as unset, because `docker compose`
 * passes unset variables as empty ones.
 * @throws ConfigurationError with every invalid setting
 */
export function parseConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): LoadedConfiguration {
  const all = { ...lowerCaseProxies(environment), ...environment };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value?.trim()));
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

/** These three are usually written in small letters. */
function lowerCaseProxies(environment: Readonly<Record<string, string | undefined>>) {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];
  return Object.fromEntries(names.map((name) => [name, environment[name.toLowerCase()]]));
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
    problems.push('DASHBOARD_VIEWER_USER needs DASHBOARD_USER too, as the account that may act');
  }
  for (const name of ['KIE_BASE_URL', 'KIE_UPLOAD_URL'] as const) {
    if (!isPlainBeyondLoopback(configuration[name]) || configuration.ALLOW_PRIVATE_ADDRESSES) continue;
    problems.push(
      `${name} uses http: to another machine, so the key could be read in transit: use https:, or set ALLOW_PRIVATE_ADDRESSES=true for a simulator`,
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
    .filter((name) => !(name in configurationSchema.shape))
    .flatMap((name) => {
      const meant = closestSetting(name);
      if (meant !== null)
        return [`${name} is not a setting of kie-batch and is ignored; did you mean ${meant}?`];
      return name.startsWith('KIE_') ? [`${name} is not a setting of kie-batch and is ignored`] : [];
    });
}

/** The setting that was probably meant: one or two letters differ. */
function closestSetting(name: string): string | null {
  if (name.length < 8 || !name.includes('_')) return null;
  const most = name.length < 10 ? 1 : 2;
  return (
    Object.keys(configurationSchema.shape)
      .filter((known) => Math.abs(known.length - name.length) <= most)
      .find((known) => distance(name, known) <= most) ?? null
  );
}

/** Letters to add, drop or change (Levenshtein). */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...left].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...right].entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
