/**
 * Calls to a simulator as a client makes them, for the tests of this folder: plain HTTP, nothing of the
 * product in between. Also a clock that stands still until a test moves it.
 */
import { z } from 'zod';
import type { Simulator } from '../../src/simulator/simulator.ts';

export const sora = 'sora-watermark-remover';
export const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' };

const answerSchema = z.object({ code: z.number(), msg: z.string(), data: z.unknown() });
const recordSchema = z.object({
  taskId: z.string(),
  model: z.string(),
  state: z.string(),
  param: z.string(),
  resultJson: z.unknown(),
  failCode: z.string().nullable(),
  failMsg: z.string().nullable(),
  costTime: z.number().nullable(),
  completeTime: z.number().nullable(),
  createTime: z.number(),
  updateTime: z.number(),
  creditsConsumed: z.number(),
});
const madeSchema = z.object({ taskId: z.string() });
const resultSchema = z.object({ resultUrls: z.array(z.string()) });

export type TaskRecord = z.infer<typeof recordSchema>;

export function linkOf(name: string): string {
  return `https://sora.chatgpt.com/p/s_${name}`;
}

/** A clock for the hooks of a simulator; starts at a real date and moves only by hand. */
export function createManualClock() {
  let nowMs = Date.UTC(2026, 8, 1);
  return {
    now: () => nowMs,
    advance(byMs: number) {
      nowMs += byMs;
    },
  };
}

export function post(
  simulator: Simulator,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${simulator.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export function get(simulator: Simulator, path: string): Promise<Response> {
  return fetch(`${simulator.url}${path}`, { headers: { authorization: 'Bearer test-key' } });
}

export async function answerOf(response: Response) {
  return { httpStatus: response.status, ...answerSchema.parse(await response.json()) };
}

export function createBody(name: string, extra: Record<string, unknown> = {}) {
  return { model: sora, input: { video_url: linkOf(name), upload_method: 's3' }, ...extra };
}

export function create(simulator: Simulator, name: string, extra: Record<string, unknown> = {}) {
  return post(simulator, '/api/v1/jobs/createTask', createBody(name, extra));
}

/** Makes a task that must be accepted. */
export async function make(
  simulator: Simulator,
  name: string,
  extra: Record<string, unknown> = {},
): Promise<string> {
  const { data } = await answerOf(await create(simulator, name, extra));
  return madeSchema.parse(data).taskId;
}

export function query(simulator: Simulator, taskId: string): Promise<Response> {
  return get(simulator, `/api/v1/jobs/recordInfo?taskId=${encodeURIComponent(taskId)}`);
}

export async function recordOf(simulator: Simulator, taskId: string): Promise<TaskRecord> {
  const { data } = await answerOf(await query(simulator, taskId));
  return recordSchema.parse(data);
}

export async function resultUrlsOf(simulator: Simulator, taskId: string): Promise<string[]> {
  const { resultJson } = await recordOf(simulator, taskId);
  return resultSchema.parse(JSON.parse(z.string().parse(resultJson))).resultUrls;
}

/** The URL of the first result of a task that has ended well. */
export async function resultUrlOf(simulator: Simulator, taskId: string): Promise<string> {
  const [url] = await resultUrlsOf(simulator, taskId);
  if (url === undefined) throw new Error(`task ${taskId} has no result`);
  return url;
}
