/**
 * All checks, one after the other, none of which blocks the next. Costs nothing at the vendor and changes nothing
 * except for a test file that is removed at once.
 */
import { openSession, type Session } from '../../app/session.ts';
import { readOverview } from '../../producer/overview.ts';
import {
  ConfigurationError,
  type LoadedConfiguration,
  loadConfiguration,
} from '../../shared/configuration/configuration.ts';
import type { Batch } from '../../shared/ledger/batch.ts';
import { createLogger } from '../../shared/logging/logger.ts';
import { loadModels } from '../../shared/models/load-models.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { RedisUnusableError } from '../../shared/redis/redis-unusable-error.ts';
import type { Terminal } from '../terminal.ts';
import { type Check, failed, ok, warning } from './check.ts';
import { checkAlerts } from './check-alerts.ts';
import { checkRedis, judgeWork } from './check-redis.ts';
import { checkStorage } from './check-storage.ts';
import { checkProxies, checkReach, checkVendor } from './check-vendor.ts';
import { judgeNode } from './judge-machine.ts';

export interface ExamineRequest {
  readonly model: string;
  readonly modelFiles: readonly string[];
  readonly testAlert: boolean;
}

export async function examine(request: ExamineRequest, terminal: Terminal): Promise<Check[]> {
  const node = judgeNode(process.versions.node);
  const loaded = tryConfiguration();
  if ('verdict' in loaded) return [node, loaded];
  const { configuration, warnings } = loaded;
  const settings =
    warnings.length === 0
      ? [ok('configuration', 'all settings are valid')]
      : warnings.map((says) => warning('configuration', says, 'correct or remove it'));
  const models = loadModels({ extraFiles: request.modelFiles });
  const asked = models.get(request.model);
  const found = await examineRedis(loaded, request, terminal);
  const waiting = found.batches.filter(({ counts }) => counts.queued > 0);
  const wanted = models.list().filter((model) => waiting.some((batch) => batch.model === model.id));
  const vendor = checkVendor({
    configuration,
    logger: createLogger({ level: 'silent', format: 'json', isTerminal: false, secrets: [] }),
    models: distinct([asked, ...wanted]),
    waitingLinks: found.waitingLinks,
  });
  const others = await Promise.all([
    vendor,
    checkReach(configuration),
    checkStorage(configuration, found.batches, found.waitingLinks),
    checkAlerts(configuration, request.testAlert),
  ]);
  return [node, ...settings, ...checkProxies(configuration), ...found.checks, ...others.flat()];
}

function tryConfiguration(): LoadedConfiguration | Check {
  try {
    return loadConfiguration();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return failed('configuration', error.message, 'correct these settings (docs/environment.md)');
  }
}

interface FoundInRedis {
  readonly checks: readonly Check[];
  readonly batches: readonly Batch[];
  readonly waitingLinks: number;
}

async function examineRedis(
  { configuration }: LoadedConfiguration,
  { modelFiles }: ExamineRequest,
  terminal: Terminal,
): Promise<FoundInRedis> {
  // Its warnings are reported as checks.
  const loaded = { configuration: { ...configuration, LOG_LEVEL: 'error' as const }, warnings: [] };
  let session: Session;
  try {
    session = await openSession({ loaded, output: terminal, modelFiles, logTo: 'standard-error' });
  } catch (error) {
    if (!(error instanceof RedisUnusableError)) throw error;
    return {
      checks: [failed('redis', error.message, 'nothing works without it')],
      batches: [],
      waitingLinks: 0,
    };
  }
  try {
    const overview = await readOverview(undefined, session);
    const { batches } = overview;
    const waitingLinks = overview.whole.counts.queued;
    const checks = [...(await checkRedis(session, waitingLinks)), ...judgeWork(overview)];
    return { checks, batches, waitingLinks };
  } finally {
    await session.close();
  }
}

function distinct(models: readonly ModelDefinition[]): ModelDefinition[] {
  return [...new Map(models.map((model) => [model.id, model])).values()];
}
