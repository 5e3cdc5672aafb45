/**
 * What all workers have uploaded for this account: one upload per video while the vendor keeps it, whatever the number
 * of prompts; which worker is uploading a video; and until when the upload host has asked for a pause. In Redis, under
 * keys that expire.
 */
import { uploadPolicy } from '../../shared/policy.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { uploadKeptMs } from '../../shared/vendor/facts.ts';

export interface Upload {
  readonly url: string;
  /** Unix milliseconds. */
  readonly at: number;
}

type Claim =
  /** It is at the vendor. */
  | { readonly kind: 'stands'; readonly upload: Upload }
  /** Another job uploads it now. */
  | { readonly kind: 'busy' }
  /** This caller uploads it. `release` follows in any case; it gives the claim up where `finish` was not called. */
  | { readonly kind: 'ours'; finish(upload: Upload): Promise<void>; release(): Promise<void> };

export interface KnownUploads {
  /**
   * @param video its identity: content or address
   * @param deadUrl an upload that the vendor can no longer read
   */
  claim(video: string, holder: string, deadUrl?: string): Promise<Claim>;
  /** For how long the upload host has asked to wait; 0 if it has not. */
  pausedMs(): Promise<number>;
  /** A pause is only ever extended. */
  pause(ms: number): Promise<void>;
}

const { leaseMs, renewEveryMs } = uploadPolicy;

export function createKnownUploads({ redis, prefix }: Keyspace): KnownUploads {
  const keyOf = (video: string) => `${prefix}:upload:${video}`;
  const pauseKey = `${prefix}:uploads:pause`;

  async function pausedMs(): Promise<number> {
    return Math.max(0, await redis.pttl(pauseKey));
  }

  return {
    pausedMs,
    async claim(video, holder, deadUrl) {
      const key = keyOf(video);
      const mark = `! ${holder}`;
      const found = await redis.get(key);
      const upload = readUpload(found ?? '');
      if (upload !== null && upload.url !== deadUrl) return { kind: 'stands', upload };
      if (found !== null && found !== mark && upload === null) return { kind: 'busy' };
      const isFree = found === null;
      const taken = await (isFree
        ? redis.set(key, mark, 'PX', leaseMs, 'NX')
        : redis.set(key, mark, 'PX', leaseMs));
      if (taken === null) return { kind: 'busy' };
      const renewal = setInterval(() => {
        // A lease that ends costs one more upload, which is free.
        redis.pexpire(key, leaseMs).catch(() => undefined);
      }, renewEveryMs);
      let isFinished = false;
      return {
        kind: 'ours',
        async finish({ url, at }) {
          clearInterval(renewal);
          isFinished = true;
          await redis.set(key, `${at} ${url}`, 'PX', uploadKeptMs);
        },
        async release() {
          clearInterval(renewal);
          if (!isFinished) await redis.del(key);
        },
      };
    },
    async pause(ms) {
      if (ms > (await pausedMs())) await redis.set(pauseKey, '1', 'PX', Math.ceil(ms));
    },
  };
}

function readUpload(text: string): Upload | null {
  const [, at, url] = /^(\d+) (.+)$/.exec(text) ?? [];
  return at === undefined || url === undefined ? null : { at: Number(at), url };
}
