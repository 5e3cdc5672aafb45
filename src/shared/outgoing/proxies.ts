/**
 * Which requests use a proxy, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Those to the vendor's API do. Those to addresses
 * chosen by others (results, lists, videos) only do with PROXY_DOWNLOADS: a proxy resolves the names itself, so the
 * rules against private networks cannot be applied to its connections. Pure.
 */
export interface Proxies {
  /** Addresses of proxies; '' for none. */
  readonly http: string;
  readonly https: string;
  /** Hosts that are reached directly, separated by commas. */
  readonly except: string;
}

interface ProxySettings {
  readonly HTTP_PROXY?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

interface DownloadSettings extends ProxySettings {
  readonly ALLOW_PRIVATE_ADDRESSES: boolean;
  readonly PROXY_DOWNLOADS: boolean;
}

/** Requests to this machine never use a proxy: a simulator runs there. */
const thisMachine = 'localhost,127.0.0.1,::1';

/** @returns undefined where no proxy is set */
export function proxiesOf({
  HTTP_PROXY: http = '',
  HTTPS_PROXY: https = '',
  NO_PROXY = '',
}: ProxySettings): Proxies | undefined {
  if (http === '' && https === '') return undefined;
  return { http, https, except: [NO_PROXY, thisMachine].filter(Boolean).join(',') };
}

/** What requests to addresses of others go by. */
export function rulesForOthers(settings: DownloadSettings): {
  allowPrivateAddresses: boolean;
  proxies: Proxies | undefined;
} {
  return {
    allowPrivateAddresses: settings.ALLOW_PRIVATE_ADDRESSES,
    proxies: settings.PROXY_DOWNLOADS ? proxiesOf(settings) : undefined,
  };
}
