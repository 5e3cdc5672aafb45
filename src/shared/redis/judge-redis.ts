/**
 * Whether a Redis is safe to use: pure decisions on its facts. A refusal means that links would be lost or nothing
 * would work; a warning means that it works until something happens. Called by open-redis.ts and by code that shows the
 * state of Redis.
 */
import { isOlder, isTooOld, MINIMUM_VERSION, RECOMMENDED_VERSION } from './redis-version.ts';

export interface RedisFacts {
  product: 'redis' | 'valkey' | 'dragonfly';
  version: string;
  mode: 'standalone' | 'cluster' | 'sentinel';
  role: 'master' | 'replica';
  /** Lua scripts run, and find the libraries they need. */
  runsScripts: boolean;
  /** Undefined if neither INFO nor CONFIG contains it. */
  evictionPolicy: string | undefined;
  appendOnly: boolean;
  /** Undefined where CONFIG is forbidden, as managed services do. */
  appendFsync: string | undefined;
  /** When snapshots are saved, as in the setting; empty for never, undefined if CONFIG is forbidden. */
  snapshots: string | undefined;
  /** Writing the append-only file or the last snapshot fails at present. */
  persistenceFails: boolean;
}

export interface RedisUse {
  /** Whether the address is that of a Cluster. */
  asCluster: boolean;
  /** Undefined where the caller has none yet. */
  queuePrefix: string | undefined;
}

export interface Verdict {
  refusals: string[];
  warnings: string[];
}

type Finding = { refusal: string } | { warning: string } | undefined;
type Rule = (facts: RedisFacts, use: RedisUse) => Finding;

const RULES: readonly Rule[] = [
  judgeMode,
  judgeVersion,
  judgeRole,
  judgeScripts,
  judgeEviction,
  judgePersistence,
  judgeFsync,
  judgeWriting,
  judgePrefix,
];

export function judgeRedis(facts: RedisFacts, use: RedisUse): Verdict {
  const verdict: Verdict = { refusals: [], warnings: [] };
  for (const rule of RULES) {
    const finding = rule(facts, use);
    if (finding === undefined) continue;
    if ('refusal' in finding) verdict.refusals.push(finding.refusal);
    else verdict.warnings.push(finding.warning);
  }
  return verdict;
}

function judgeMode({ mode }: RedisFacts, { asCluster }: RedisUse): Finding {
  if (mode === 'sentinel') {
    return { refusal: 'this is a Sentinel, not a Redis: use redis-sentinel://HOST:PORT/MASTER-NAME' };
  }
  if (mode === 'cluster' && !asCluster) {
    return {
      refusal: 'this is a Redis Cluster: use redis-cluster://HOST:PORT (several hosts with commas)',
    };
  }
  if (mode === 'standalone' && asCluster) {
    return { refusal: 'this Redis is not a Cluster: use redis://HOST:PORT' };
  }
  return undefined;
}

function judgeVersion({ product, version }: RedisFacts): Finding {
  // Dragonfly counts its versions differently; BullMQ supports all of them.
  if (product === 'dragonfly') return undefined;
  if (isTooOld(version)) {
    return {
      refusal: `version ${version} is too old: ${MINIMUM_VERSION} or newer is required, ${RECOMMENDED_VERSION} recommended`,
    };
  }
  if (!isOlder(version, RECOMMENDED_VERSION)) return undefined;
  return { warning: `version ${version} is old: ${RECOMMENDED_VERSION} or newer is recommended` };
}

function judgeRole({ role }: RedisFacts): Finding {
  if (role === 'master') return undefined;
  return { refusal: 'this is a read-only replica: use the address of its primary' };
}

function judgeScripts({ mode, runsScripts }: RedisFacts): Finding {
  if (runsScripts || mode === 'sentinel') return undefined;
  return {
    refusal: 'it does not run Lua scripts with cjson and cmsgpack, which kie-batch needs',
  };
}

/** Also refused while no memory limit is set: a limit set later would turn the loss on without a word. */
function judgeEviction({ evictionPolicy }: RedisFacts): Finding {
  if (evictionPolicy === 'noeviction') return undefined;
  if (evictionPolicy === undefined) {
    return {
      warning: 'its maxmemory-policy is unknown: make sure that it is noeviction, or links are lost silently',
    };
  }
  return {
    refusal: `its maxmemory-policy ${evictionPolicy} deletes links when memory is full: set it to noeviction`,
  };
}

function judgePersistence({ appendOnly, snapshots }: RedisFacts): Finding {
  if (appendOnly) return undefined;
  if (snapshots === undefined) {
    return {
      warning:
        'it has no append-only file, and it is unknown whether it saves snapshots: a restart may lose links',
    };
  }
  if (snapshots === '') {
    return {
      warning:
        'it STORES NOTHING ON DISK: a restart of Redis loses every link and every paid task; switch appendonly on',
    };
  }
  return {
    warning: 'it saves snapshots only: a crash loses everything after the last one; switch appendonly on',
  };
}

function judgeFsync({ appendOnly, appendFsync }: RedisFacts): Finding {
  if (!appendOnly || appendFsync !== 'no') return undefined;
  return {
    warning: 'appendfsync is no: a power failure loses unwritten data; everysec costs little',
  };
}

function judgeWriting({ persistenceFails }: RedisFacts): Finding {
  return persistenceFails
    ? { warning: 'its last write to disk failed: check its log and its disk' }
    : undefined;
}

/** BullMQ's scripts touch several keys at once, which in a Cluster must lie in one slot. */
function judgePrefix({ mode }: RedisFacts, { queuePrefix }: RedisUse): Finding {
  if (mode !== 'cluster' || queuePrefix === undefined || hasHashTag(queuePrefix)) return undefined;
  return {
    refusal: `QUEUE_PREFIX ${queuePrefix} has no hash tag, which a Cluster needs: use {${queuePrefix}}`,
  };
}

/** As the Cluster specification has it: the first `{`, the first `}` after it, and something in between. */
export function hasHashTag(prefix: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(prefix);
}
