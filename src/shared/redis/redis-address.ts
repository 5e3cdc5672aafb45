/**
 * Parses REDIS_URL (docs/local-redis.md lists the forms). Pure. A description for people never contains a user name or
 * password. Called by open-redis.ts.
 */
import { RedisUnusableError } from './redis-unusable-error.ts';

interface Endpoint {
  host: string;
  port: number;
}

interface Credentials {
  username?: string;
  password?: string;
}

export type RedisAddress =
  | ({ kind: 'single'; tls: boolean; db: number } & Endpoint & Credentials)
  | ({ kind: 'socket'; path: string; db: number } & Credentials)
  | ({
      kind: 'sentinel';
      sentinels: Endpoint[];
      /** What the sentinels call the master. */
      name: string;
      sentinelPassword?: string;
      tls: boolean;
      db: number;
    } & Credentials)
  | ({ kind: 'cluster'; nodes: Endpoint[]; tls: boolean } & Credentials);

const FORMS =
  'redis://[user:password@]host:port/db, rediss://… (TLS), unix:///path/to/socket?db=0, ' +
  'redis-sentinel://host:26379,host2:26379/master/db or redis-cluster://host:7000,host2:7001';

interface UrlParts {
  scheme: string;
  credentials: Credentials;
  hosts: string;
  path: string[];
  query: URLSearchParams;
}

/** Throws a RedisUnusableError `invalid-url`. */
export function parseRedisUrl(url: string): RedisAddress {
  const trimmed = url.trim();
  if (trimmed.startsWith('/')) return { kind: 'socket', path: trimmed, db: 0 };
  const parts = splitUrl(trimmed);
  switch (parts.scheme) {
    case 'redis':
    case 'rediss':
      return parseSingle(parts);
    case 'unix':
    case 'redis+unix':
      return { kind: 'socket', path: `/${parts.path.join('/')}`, db: queryDb(parts), ...parts.credentials };
    case 'redis-sentinel':
    case 'rediss-sentinel':
      return parseSentinel(parts);
    case 'redis-cluster':
    case 'rediss-cluster':
      return parseCluster(parts);
    default:
      throw invalid(`has the unknown scheme "${parts.scheme}:"`);
  }
}

/** For messages and logs: without credentials. */
export function describeAddress(address: RedisAddress): string {
  switch (address.kind) {
    case 'single':
      return `${scheme('redis', address.tls)}://${formatEndpoint(address)}${formatDb(address.db)}`;
    case 'socket':
      return `unix://${address.path}`;
    case 'sentinel':
      return `${scheme('redis', address.tls)}-sentinel://${formatEndpoints(address.sentinels)}/${address.name}${formatDb(address.db)}`;
    case 'cluster':
      return `${scheme('redis', address.tls)}-cluster://${formatEndpoints(address.nodes)}`;
  }
}

function parseSingle(parts: UrlParts): RedisAddress {
  const [endpoint, ...others] = parseEndpoints(parts.hosts, 6379);
  if (endpoint === undefined) throw invalid('has no host');
  if (others.length > 0) throw invalid('has several hosts; use redis-cluster:// or redis-sentinel://');
  if (parts.path.length > 1) throw invalid('has more after the host than a database number');
  return {
    kind: 'single',
    ...endpoint,
    tls: usesTls(parts),
    db: parseDb(parts.path[0]),
    ...parts.credentials,
  };
}

function parseSentinel(parts: UrlParts): RedisAddress {
  const [name, db, ...rest] = parts.path;
  if (name === undefined) throw invalid('has no master name: redis-sentinel://host:26379/NAME');
  if (rest.length > 0) throw invalid('has more after the master name than a database number');
  const sentinelPassword = parts.query.get('sentinelPassword');
  return {
    kind: 'sentinel',
    sentinels: someEndpoints(parts.hosts, 26379),
    name,
    tls: usesTls(parts),
    db: parseDb(db),
    ...parts.credentials,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
  };
}

function parseCluster(parts: UrlParts): RedisAddress {
  if (parts.path.some((part) => part !== '0')) throw invalid('has a database; a Cluster has only database 0');
  return {
    kind: 'cluster',
    nodes: someEndpoints(parts.hosts, 6379),
    tls: usesTls(parts),
    ...parts.credentials,
  };
}

/** By hand, since the standard URL class refuses a list of hosts. */
function splitUrl(url: string): UrlParts {
  const match = /^([a-z][a-z+-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)((?:\/[^?#]*)?)(?:\?([^#]*))?$/i.exec(url);
  const [, urlScheme, userInfo, hosts, path, query] = match ?? [];
  if (urlScheme === undefined || hosts === undefined || path === undefined) throw invalid('is not a URL');
  return {
    scheme: urlScheme.toLowerCase(),
    credentials: parseCredentials(userInfo),
    hosts,
    path: path.split('/').filter(Boolean).map(decode),
    query: new URLSearchParams(query ?? ''),
  };
}

function parseCredentials(userInfo: string | undefined): Credentials {
  if (userInfo === undefined || userInfo === '') return {};
  const colon = userInfo.indexOf(':');
  // `redis://secret@host` is how older tools write a password alone.
  if (colon < 0) return { password: decode(userInfo) };
  const username = decode(userInfo.slice(0, colon));
  const password = decode(userInfo.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function someEndpoints(hosts: string, defaultPort: number): Endpoint[] {
  const endpoints = parseEndpoints(hosts, defaultPort);
  if (endpoints.length === 0) throw invalid('has no host');
  return endpoints;
}

function parseEndpoints(hosts: string, defaultPort: number): Endpoint[] {
  return hosts
    .split(',')
    .filter((host) => host !== '')
    .map((host) => parseEndpoint(host, defaultPort));
}

function parseEndpoint(text: string, defaultPort: number): Endpoint {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d+))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const portNumber = port === undefined ? defaultPort : Number(port);
  if (host === undefined || portNumber < 1 || portNumber > 65_535) throw invalid('has an invalid host');
  return { host, port: portNumber };
}

function parseDb(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,5}$/.test(text)) throw invalid('has a database that is not a number');
  return Number(text);
}

function queryDb(parts: UrlParts): number {
  if (parts.path.length === 0) throw invalid('has no socket: unix:///path/to/socket');
  return parseDb(parts.query.get('db') ?? undefined);
}

function usesTls(parts: UrlParts): boolean {
  return parts.scheme.startsWith('rediss');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('has a stray % in it (write %25)');
  }
}

function invalid(problem: string): RedisUnusableError {
  return new RedisUnusableError('invalid-url', `REDIS_URL ${problem}. Its forms: ${FORMS}.`);
}

function scheme(name: string, tls: boolean): string {
  return tls ? `${name}s` : name;
}

function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function formatEndpoints(endpoints: readonly Endpoint[]): string {
  return endpoints.map(formatEndpoint).join(',');
}

function formatDb(db: number): string {
  return db === 0 ? '' : `/${db}`;
}
