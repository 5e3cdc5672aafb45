/** The three HTTP calls of a link as an ordinary script makes them, for the contenders of the benchmarks. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export interface VendorCalls {
  /** @returns the id of the task. Throws a RefusedError where the limit refuses. */
  create(link: string): Promise<string>;
  /** The address of the result, or null while the task runs. */
  query(taskId: string): Promise<string | null>;
  download(taskId: string, url: string): Promise<void>;
}

export class RefusedError extends Error {}

const headers = { authorization: 'Bearer key-of-the-benchmarks', 'content-type': 'application/json' };
/** Hosts of results refuse others: 403 `error code: 1010`. */
const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' };
const refused = z.object({ code: z.literal(429) });
const created = z.object({ data: z.object({ taskId: z.string() }) });
const record = z.object({ data: z.object({ state: z.string(), resultJson: z.string().nullish() }) });
const result = z.object({ resultUrls: z.array(z.string()).min(1) });

/** @param places the vendor's address, and the folder that results go to */
export function openVendorCalls({ vendor, files }: { vendor: string; files: string }): VendorCalls {
  return {
    async create(link) {
      const body = JSON.stringify({ model: 'sora-watermark-remover', input: { video_url: link } });
      const answer = await fetch(`${vendor}/api/v1/jobs/createTask`, { method: 'POST', headers, body });
      const said: unknown = await answer.json();
      if (refused.safeParse(said).success) throw new RefusedError('the limit refuses');
      return created.parse(said).data.taskId;
    },
    async query(taskId) {
      const answer = await fetch(`${vendor}/api/v1/jobs/recordInfo?taskId=${taskId}`, { headers });
      const { data } = record.parse(await answer.json());
      if (data.state !== 'success') return null;
      return result.parse(JSON.parse(data.resultJson ?? '')).resultUrls[0] ?? null;
    },
    async download(taskId, url) {
      const answer = await fetch(url, { headers: browser });
      if (!answer.ok) throw new Error(`the result answered ${answer.status}`);
      await writeFile(join(files, `${taskId}.mp4`), Buffer.from(await answer.arrayBuffer()));
    },
  };
}
