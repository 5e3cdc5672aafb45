/**
 * A client of the HTTP API whose calls are checked by the compiler: names, parameters, bodies and answers come from the
 * OpenAPI document (api-calls.ts). With Node 24, `API_TOKEN=… node api-client.ts http://127.0.0.1:3000 LINK…`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { addresses, type Calls } from './api-calls.ts';

type Name = keyof Calls;
type Given<Call extends Name> = Calls[Call]['given'];

/** What the server says is wrong: its status and its words. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export type Client = <Call extends Name>(
  name: Call,
  // A call that needs nothing is given nothing.
  ...given: Partial<Given<Call>> extends Given<Call> ? [given?: Given<Call>] : [given: Given<Call>]
) => Promise<Calls[Call]['answer']>;

/** @param token one of API_TOKENS; none where nobody signs in */
export function createClient(url: string, token?: string): Client {
  return async (name, ...[given]) => {
    const { params = {}, query = {}, headers = {}, body }: Parts = given ?? {};
    const [method, path] = addresses[name];
    const address = new URL(
      path.replace(/\{(\w+)\}/g, (_, field) => encodeURIComponent(params[field] ?? '')),
      url,
    );
    for (const [field, value] of Object.entries(query))
      for (const each of [value].flat())
        if (each !== undefined) address.searchParams.append(field, `${each}`);
    const isText = typeof body === 'string';
    const answer = await fetch(address, {
      method,
      headers: {
        ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': isText ? 'text/plain' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    });
    const json = await answer.json();
    if (!answer.ok) throw new ApiError(answer.status, json.detail);
    return json;
  };
}

/** What a call may be given. */
interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** Enqueues links and waits until each has ended. @returns the batch as it is then */
export async function runBatch(call: Client, batch: string, links: readonly string[], everyMs = 2000) {
  const { invalidLines } = await call('createBatch', { query: { batch }, body: links.join('\n') });
  for (const { text, reason } of invalidLines) console.error(`${text}: ${reason}`);
  for (;;) {
    const now = await call('batch', { params: { name: batch } });
    if (now.ended) return now;
    await sleep(everyMs);
  }
}

if (import.meta.main) {
  const [url = 'http://127.0.0.1:3000', ...links] = process.argv.slice(2);
  const { states, creditsSpent } = await runBatch(
    createClient(url, process.env['API_TOKEN']),
    'example',
    links,
  );
  console.log(`${states['saved']} saved, ${states['failed']} failed, ${creditsSpent} credits`);
}
