/** `kie-batch models [ID]`: the models, their videos and prices, and with a key whether they are on. Starts nothing. */
import { Command } from 'commander';
import { openVendor } from '../../app/open-vendor.ts';
import { systemClock } from '../../shared/clock.ts';
import {
  type Configuration,
  loadConfiguration,
  priceListFolder,
} from '../../shared/configuration/configuration.ts';
import { createLogger } from '../../shared/logging/logger.ts';
import { loadModels } from '../../shared/models/load-models.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { proxiesOf } from '../../shared/outgoing/proxies.ts';
import { createPriceList, type PriceList } from '../../shared/prices/price-list.ts';
import { pricedModels } from '../../shared/prices/priced-models.ts';
import type { ProbeReply } from '../../shared/vendor/replies.ts';
import { describeModel, modelView, offText, priceText } from '../../shared/wording/model-text.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption, modelFileOption } from './options.ts';

interface ModelsFlags {
  readonly modelFile: string[];
  readonly json: boolean;
  readonly refresh: boolean;
}

const timeoutMs = 15_000;

export function modelsCommand(terminal: Terminal): Command {
  return new Command('models')
    .description('List the models with their input videos and prices, or show one with its inputs')
    .argument('[id]', 'a model to show with its inputs')
    .addOption(modelFileOption())
    .option('--refresh', 'read the vendor’s public price list now, even if the cached one is new', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWith KIE_API_KEY set, the command also checks whether the models are on, which is free. The price list needs no key.',
    )
    .action(async (id: string | undefined, flags: ModelsFlags) => {
      const { configuration } = loadConfiguration();
      const own = loadModels({ extraFiles: flags.modelFile });
      const asked = id === undefined ? own.list() : [own.get(id)];
      const [probes, prices] = await Promise.all([
        probeAll(asked, configuration),
        readPrices(configuration, flags.refresh, terminal),
      ]);
      const known = pricedModels(own, prices);
      const models = asked.map((model) => known.get(model.id));
      const now = Date.now();
      const probedOf = (model: ModelDefinition) => probes.get(model.id) ?? null;
      if (flags.json) {
        const views = models.map((model) => modelView(model, probedOf(model), now));
        terminal.json(id === undefined ? { models: views } : (views[0] ?? {}));
      } else if (id === undefined) terminal.print(describeModels(models, probedOf, now));
      else terminal.print(models.map((model) => describeModel(model, probedOf(model), now)).join('\n'));
      process.exitCode = exitCodes.saved;
    });
}

function describeModels(
  models: readonly ModelDefinition[],
  probedOf: (model: ModelDefinition) => string | null,
  now: number,
): string {
  const rows = models.map((model) => {
    const required = Object.entries(model.inputs).flatMap(([name, spec]) => (spec.required ? [name] : []));
    const facts = [
      `price ${priceText(model, now)}`,
      ...(required.length === 0 ? [] : [`requires ${required.join(', ')}`]),
      ...(probedOf(model) === null ? [] : [`now ${probedOf(model)}`]),
    ];
    const off = offText(model);
    return [
      `${model.id}  ${model.title}`,
      `    ${facts.join(' · ')}`,
      ...(off === null ? [] : [`    ${off}`]),
    ];
  });
  return [...rows.flat(), 'Details: kie-batch models ID'].join('\n');
}

/** If it cannot be read, the cached prices are used, else those of the definitions. */
async function readPrices(
  configuration: Configuration,
  isRefresh: boolean,
  terminal: Terminal,
): Promise<PriceList> {
  const timeouts = isRefresh ? { timeoutMs } : {};
  const proxies = proxiesOf(configuration);
  const baseUrl = configuration.KIE_BASE_URL;
  const prices = createPriceList({
    baseUrl,
    proxies,
    folder: priceListFolder(),
    clock: systemClock,
    ...timeouts,
  });
  if (!isRefresh) await prices.freshen();
  else if (!(await prices.refresh())) terminal.warn('The vendor’s price list cannot be read now.');
  return prices;
}

/** What the vendor says of each, by the free probe; empty without a key. */
async function probeAll(
  models: readonly ModelDefinition[],
  configuration: Configuration,
): Promise<ReadonlyMap<string, string>> {
  const { LOG_FORMAT: format } = configuration;
  const logger = createLogger({ level: 'silent', format, isTerminal: false, secrets: [] });
  const vendor = openVendor(configuration, { timeoutMs, logger });
  if (vendor === null) return new Map();
  try {
    const signal = AbortSignal.timeout(2 * timeoutMs);
    const found = models.map(
      async (model) => [model.id, probeText(await vendor.probe(model, signal))] as const,
    );
    return new Map(await Promise.all(found));
  } finally {
    await vendor.close();
  }
}

function probeText(reply: ProbeReply): string {
  switch (reply.kind) {
    case 'live':
      return 'on';
    case 'paused':
      return `off: the vendor says "${reply.message}"`;
    case 'unknown-model':
      return 'unknown to the vendor';
    case 'no-probe':
      return 'not known: no free probe';
    case 'throttled':
      return 'not known: the vendor is too busy';
    case 'halt':
      return `not known: ${reply.reason}: ${reply.message}`;
    case 'retry':
      return `not known: ${reply.message}`;
    default:
      return reply satisfies never;
  }
}
