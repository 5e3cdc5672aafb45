/**
 * What concerns the account rather than a task: whether the key may ask at all, the balance, and the link
 * for a result that works for twenty minutes.
 */
import { type Answer, vendorAnswer } from './answer.ts';
import { parseObject } from './models.ts';
import type { Vendor } from './vendor.ts';

const downloadLinkMs = 20 * 60_000;

/** The refusal every endpoint gives at present; undefined when the account is open to this key. */
export function accountRefusal(vendor: Vendor, authorization: string | undefined): Answer | undefined {
  const { apiKey, condition, unauthorizedAs } = vendor.settings;
  const key = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (key === undefined || (apiKey !== undefined && key !== apiKey) || condition === 'unauthorized') {
    vendor.tally.keyRefusals += 1;
    return vendorAnswer(
      401,
      'You do not have access permissions',
      null,
      unauthorizedAs === 'http' ? 401 : 200,
    );
  }
  if (condition === 'maintenance') return vendorAnswer(455, 'The service is under maintenance');
  return condition === 'no-endpoint' ? vendorAnswer(404, 'Not found') : undefined;
}

export function answerCredit(vendor: Vendor): Answer {
  vendor.tally.creditQueries += 1;
  return vendorAnswer(200, 'success', vendor.balance.left(vendor.clock.now()));
}

/** A link is minted for every URL of this host, also for an invented one: only bytes prove anything. */
export function answerDownloadUrl(vendor: Vendor, bodyText: string, origin: string): Answer {
  const { url } = parseObject(bodyText) ?? {};
  const address = typeof url === 'string' ? URL.parse(url) : null;
  const { shelf, settings, tally, clock } = vendor;
  if (!address || address.origin !== new URL(origin).origin || settings.mintedLinks === 'refused') {
    return vendorAnswer(422, 'Only URLs of generated files are supported');
  }
  const { taskId = 'unknown', index = 0 } = shelf.parse(address) ?? {};
  tally.mints[taskId] = (tally.mints[taskId] ?? 0) + 1;
  const expiresAtMs = settings.mintedLinks === 'dead' ? 0 : clock.now() + downloadLinkMs;
  return vendorAnswer(200, 'success', shelf.mint({ taskId, index }, address.origin, expiresAtMs));
}
