/** The client of the job API, by the settings: the one place that says which one is used. */
import type { Configuration } from '../shared/configuration/configuration.ts';
import { proxiesOf } from '../shared/outgoing/proxies.ts';
import { createVendor, type Vendor, type VendorOptions } from '../shared/vendor/vendor.ts';
import { requireApiKey } from './api-key.ts';

type OwnOptions = Pick<VendorOptions, 'logger' | 'clock' | 'timeoutMs' | 'onCall'>;

/** @returns null without a key */
export function openVendor(configuration: Configuration, options: OwnOptions): Vendor | null {
  return configuration.KIE_API_KEY === undefined ? null : requireVendor(configuration, options);
}

/** @throws UsageError without a key */
export function requireVendor(configuration: Configuration, options: OwnOptions): Vendor {
  return createVendor({
    ...options,
    apiKey: requireApiKey(configuration),
    baseUrl: configuration.KIE_BASE_URL,
    uploadUrl: configuration.KIE_UPLOAD_URL,
    proxies: proxiesOf(configuration),
  });
}
