/** `doctor` on the vendor: key, credits, models by the free probe, clocks, and the route of callbacks. */
import { lookup } from 'node:dns/promises';
import { openVendor } from '../../app/open-vendor.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Configuration } from '../../shared/configuration/configuration.ts';
import type { Logger } from '../../shared/logging/logger.ts';
import { maskAddress } from '../../shared/logging/shown-text.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { usualPrice } from '../../shared/models/price.ts';
import { refusalOfAddress } from '../../shared/outgoing/address-rules.ts';
import { createOutgoing, type Outgoing } from '../../shared/outgoing/outgoing.ts';
import { proxiesOf } from '../../shared/outgoing/proxies.ts';
import { keyPageUrl } from '../../shared/vendor/facts.ts';
import { type Check, failed, ok, skipped, warning } from './check.ts';
import { judgeSkew } from './judge-machine.ts';
import { judgeCallback, judgeCredits, judgeModel } from './judge-vendor.ts';

const timeoutMs = 15_000;

export interface VendorDeps {
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** Those of waiting links, and the requested one. */
  readonly models: readonly ModelDefinition[];
  readonly waitingLinks: number;
}

export async function checkVendor({
  configuration,
  logger,
  models,
  waitingLinks,
}: VendorDeps): Promise<Check[]> {
  const vendor = openVendor(configuration, { timeoutMs, logger });
  if (vendor === null) {
    return [
      failed(
        'key',
        'KIE_API_KEY is not set',
        `create a key at ${keyPageUrl} and set it in the environment or in .env`,
      ),
    ];
  }
  const signal = AbortSignal.timeout(2 * timeoutMs);
  try {
    const credits = await vendor.balance(signal);
    const creditsPerTask = Math.max(0, ...models.map((model) => usualPrice(model) ?? 0));
    const probes = await Promise.all(
      models.map(async (model) => judgeModel(model, await vendor.probe(model, signal))),
    );
    return [...judgeCredits(credits, { waitingLinks, creditsPerTask }), ...probes];
  } finally {
    await vendor.close();
  }
}

/** The proxies that requests go through; nothing where none is set. Pure. */
export function checkProxies(configuration: ProxySettings): Check[] {
  const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY, PROXY_DOWNLOADS } = configuration;
  const set = Object.entries({ HTTPS_PROXY, HTTP_PROXY }).flatMap(([name, address]) =>
    address === undefined ? [] : [`${name} ${maskAddress(address)}`],
  );
  if (set.length === 0) return [];
  const except = NO_PROXY === undefined ? '' : `, except ${NO_PROXY}`;
  const downloads = PROXY_DOWNLOADS
    ? 'downloads too, whose host names the proxy resolves'
    : 'downloads go directly; PROXY_DOWNLOADS=true sends them through it';
  return [ok('proxy', `the vendor’s API is reached through ${set.join(' and ')}${except}; ${downloads}`)];
}

type ProxySettings = Pick<Configuration, 'HTTPS_PROXY' | 'HTTP_PROXY' | 'NO_PROXY' | 'PROXY_DOWNLOADS'>;

/** No key leaves here: these are plain requests. */
export async function checkReach(configuration: Configuration): Promise<Check[]> {
  const outgoing = createOutgoing({
    allowPrivateAddresses: true,
    proxies: proxiesOf(configuration),
    connectTimeoutMs: timeoutMs,
    headersTimeoutMs: timeoutMs,
  });
  try {
    const [clock, callback] = await Promise.all([
      checkClock(configuration.KIE_BASE_URL, outgoing),
      checkCallback(configuration, outgoing),
    ]);
    return [clock, ...callback];
  } finally {
    await outgoing.close();
  }
}

async function checkClock(baseUrl: string, outgoing: Outgoing): Promise<Check> {
  const sentAt = systemClock.now();
  const reply = await outgoing.request({ url: baseUrl });
  const middle = (sentAt + systemClock.now()) / 2;
  if (reply.kind !== 'answered') {
    return warning('clock', `${baseUrl} did not return its time: ${reply.message}`, 'check the network');
  }
  reply.body.destroy();
  const vendorTime = Date.parse(reply.headers['date'] ?? '');
  if (Number.isNaN(vendorTime)) return skipped('clock', 'the vendor’s answer has no time');
  // The header is cut to the second.
  return judgeSkew('clock', 'the vendor’s', middle - (vendorTime + 500));
}

async function checkCallback(configuration: Configuration, outgoing: Outgoing): Promise<Check[]> {
  const { CALLBACK_BASE_URL: baseUrl, KIE_WEBHOOK_KEY: key } = configuration;
  if (baseUrl === undefined) {
    return [skipped('callback address', 'CALLBACK_BASE_URL is not set: tasks are polled instead')];
  }
  const reply = await outgoing.request({ url: `${baseUrl}/healthz` });
  if (reply.kind === 'answered') reply.body.destroy();
  return judgeCallback({
    baseUrl,
    hasWebhookKey: key !== undefined,
    answer: reply.kind === 'answered' ? reply.status : reply.message,
    isPrivate: !configuration.ALLOW_PRIVATE_ADDRESSES && (await isPrivate(new URL(baseUrl).hostname)),
  });
}

async function isPrivate(hostname: string): Promise<boolean> {
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  return addresses.some(
    ({ address }) => refusalOfAddress(address, { allowPrivateAddresses: false }) !== undefined,
  );
}
