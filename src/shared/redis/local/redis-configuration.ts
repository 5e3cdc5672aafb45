/**
 * The configuration file of a local Redis, as text. docs/local-redis.md has the measurements behind `appendfsync`.
 * Pure; called by start-server.ts.
 */
export type AppendFsync = 'always' | 'everysec' | 'no';

/** Loses nothing when Redis is killed, at most about a second of writes when the power fails, and costs little. */
export const DEFAULT_APPEND_FSYNC: AppendFsync = 'everysec';

export type Listening =
  | { kind: 'socket'; path: string }
  | { kind: 'loopback'; port: number; password: string };

export interface ServerSettings {
  /** Folder of the append-only file, as the server sees it. */
  folder: string;
  listening: Listening;
  appendFsync: AppendFsync;
}

export function redisConfiguration(settings: ServerSettings): string {
  const lines: [name: string, ...values: string[]][] = [
    ...listeningLines(settings.listening),
    ['dir', settings.folder],
    ['daemonize', 'no'],
    ['loglevel', 'notice'],
    ['appendonly', 'yes'],
    ['appendfsync', settings.appendFsync],
    // A kill in the middle of a write leaves half a command at the end: drop it and start.
    ['aof-load-truncated', 'yes'],
    ['aof-use-rdb-preamble', 'yes'],
    // The append-only file has everything; snapshots would only write it again.
    ['save', ''],
    // Links are not a cache: a full memory must be an error, never a silent loss.
    ['maxmemory', '0'],
    ['maxmemory-policy', 'noeviction'],
    ['timeout', '0'],
    ['databases', '16'],
  ];
  return lines.map(([name, ...values]) => `${[name, ...values.map(quote)].join(' ')}\n`).join('');
}

function listeningLines(listening: Listening): [string, ...string[]][] {
  switch (listening.kind) {
    case 'socket':
      return [
        ['port', '0'],
        ['unixsocket', listening.path],
        ['unixsocketperm', '700'],
      ];
    case 'loopback':
      // Inside a container: only its port published on the host's loopback leads here.
      return [
        ['port', String(listening.port)],
        ['bind', '0.0.0.0'],
        ['requirepass', listening.password],
      ];
  }
}

/** Redis reads a quoted value with C-like escapes; other bytes pass as they are. */
function quote(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
