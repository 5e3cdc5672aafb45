/** The client over real HTTP: its requests, its replies, and what it never discloses. */
import { inspect } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { createVendor } from '../../../src/shared/vendor/vendor.ts';
import {
  API_KEY,
  connect,
  defaultModel,
  LINK,
  never,
  refusingUrl,
  serveHttp,
  serveTcp,
} from './loopback-server.ts';
import { bodyTextOf, replyCases } from './vendor-replies.ts';

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** A vendor that gives one answer to everything and keeps what it was asked. */
async function serveAnswer(body: string | Buffer, { httpStatus = 200, headers = {} } = {}) {
  const received: Received[] = [];
  const url = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, headers: requestHeaders } = request;
    received.push({
      method,
      url: request.url,
      headers: requestHeaders,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(httpStatus, headers).end(body);
  });
  return { url, received };
}

const ACCEPTED = '{"code":200,"msg":"success","data":{"taskId":"abc"}}';
const callOf = { create: 'createTask', record: 'getRecord' } as const;

describe('the replies of the contract, over HTTP', () => {
  test.each(replyCases.filter(({ httpStatus }) => httpStatus !== null))('$call: $name', async (replyCase) => {
    const httpStatus = replyCase.httpStatus ?? 0;
    const { url } = await serveAnswer(bodyTextOf(replyCase), { httpStatus, headers: replyCase.headers });
    const { client } = connect(url);
    const reply =
      callOf[replyCase.call] === 'createTask'
        ? await client.create({ model: defaultModel, url: LINK }, never())
        : await client.read(defaultModel, 't', never());
    expect(reply).toMatchObject(replyCase.expect);
  });

  test.each(replyCases.filter(({ httpStatus }) => httpStatus === null))(
    '$call: $name',
    async ({ transport, ...rest }) => {
      const url =
        transport === 'refused'
          ? await refusingUrl()
          : await serveTcp((socket) => socket.on('data', () => socket.resetAndDestroy()));
      const reply = await connect(url).client.create({ model: defaultModel, url: LINK }, never());
      expect(reply).toMatchObject(rest.expect);
      if (reply.kind === 'retry') expect(reply.sent).toBe(false);
    },
  );
});

describe('what is sent', () => {
  test('a create call carries the model, the whole input and the callback', async () => {
    const { url, received } = await serveAnswer(ACCEPTED);
    const callbackUrl = 'https://me.example/callback/1';
    const request = { model: defaultModel, url: `${LINK}?x=1`, callbackUrl };
    await connect(url).client.create(request, never());
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/api/v1/jobs/createTask',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      model: 'sora-watermark-remover',
      callBackUrl: callbackUrl,
      input: { video_url: `${LINK}?x=1`, upload_method: 's3' },
    });
  });

  test('without a callback none is named', async () => {
    const { url, received } = await serveAnswer(ACCEPTED);
    await connect(url).client.create({ model: defaultModel, url: LINK }, never());
    expect(JSON.parse(received[0]?.body ?? '')).not.toHaveProperty('callBackUrl');
  });

  test("a model's own paths and name are used, under the path of the base URL", async () => {
    const { url, received } = await serveAnswer(ACCEPTED);
    const model = {
      ...defaultModel,
      vendorModel: 'other/name',
      createPath: '/api/v3/make',
      recordPath: '/api/v3/look',
    };
    const { client } = connect(`${url}/proxy/`);
    await client.create({ model, url: LINK }, never());
    await client.read(model, 'a b&c', never());
    expect(received.map((request) => request.url)).toEqual([
      '/proxy/api/v3/make',
      '/proxy/api/v3/look?taskId=a%20b%26c',
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ model: 'other/name' });
  });

  test('a redirect is not followed, because the key would go along', async () => {
    const other = await serveAnswer(ACCEPTED);
    const headers = { location: `${other.url}/api/v1/jobs/createTask` };
    for (const httpStatus of [301, 302, 303, 307, 308]) {
      const { url } = await serveAnswer('', { httpStatus, headers });
      const { client } = connect(url);
      const misconfigured = { kind: 'halt', reason: 'misconfigured' };
      expect(await client.create({ model: defaultModel, url: LINK }, never())).toMatchObject(misconfigured);
      expect(await client.read(defaultModel, 't', never())).toMatchObject(misconfigured);
    }
    expect(other.received).toEqual([]);
  });
});

describe('how answers are read', () => {
  test.each<[string, Buffer]>([
    ['gzip', gzipSync(ACCEPTED)],
    ['deflate', deflateSync(ACCEPTED)],
    ['br', brotliCompressSync(ACCEPTED)],
  ])('an answer packed with %s is unpacked', async (encoding, body) => {
    const { url } = await serveAnswer(body, { headers: { 'content-encoding': encoding } });
    const reply = await connect(url).client.create({ model: defaultModel, url: LINK }, never());
    expect(reply).toMatchObject({ kind: 'accepted', taskId: 'abc' });
  });

  test.each<[string, Buffer, string]>([
    ['broken', gzipSync(ACCEPTED).subarray(0, 20), 'gzip'],
    ['unknown', Buffer.from(ACCEPTED), 'zstd'],
    ['opening to far too much', gzipSync(Buffer.alloc(4 * 1024 * 1024, 'x')), 'gzip'],
  ])('a packing that is %s hides whether a task exists', async (_, body, encoding) => {
    const { url } = await serveAnswer(body, { headers: { 'content-encoding': encoding } });
    const reply = await connect(url).client.create({ model: defaultModel, url: LINK }, never());
    expect(reply).toMatchObject({ kind: 'ambiguous' });
  });

  test('an endless answer is cut, and is ambiguous only where a task may hide in it', async () => {
    const start = async (first: string) =>
      serveHttp((_, response) => {
        response.writeHead(200).write(first);
        const more = () => !response.destroyed && response.write('x'.repeat(65_536), more);
        more();
      });
    const options = { maxReplyBytes: 100_000 };
    const create = async (first: string) =>
      connect(await start(first), options).client.create({ model: defaultModel, url: LINK }, never());
    expect(await create('{"code":200,"data":"')).toMatchObject({ kind: 'ambiguous' });
    expect(await create('<html>')).toMatchObject({ kind: 'retry' });
    const query = connect(await start('{'), options).client.read(defaultModel, 't', never());
    expect(await query).toMatchObject({ kind: 'retry', sent: true });
  });

  test('a limit comes with what the server says of its pace', async () => {
    const headers = {
      'x-ratelimit-remaining': '0',
      ratelimit: 'limit=20',
      'retry-after': '3',
      'x-other': 'no',
    };
    const { url } = await serveAnswer('{"code":429,"msg":"slow down"}', { headers });
    const reply = await connect(url).client.create({ model: defaultModel, url: LINK }, never());
    expect(reply).toMatchObject({ kind: 'throttled', retryAfterMs: 3_000, message: 'slow down' });
    expect(reply).toHaveProperty('hints', { retryAfterMs: 3_000, remaining: 0 });
  });
});

describe('the balance and the probe', () => {
  test('the balance is read, with another try after a failing answer', async () => {
    let calls = 0;
    const url = await serveHttp((request, response) => {
      calls += 1;
      expect(request.url).toBe('/api/v1/chat/credit');
      response.end(calls < 3 ? '<html>' : '{"code":200,"data":99.5}');
    });
    expect(await connect(url).client.balance(never())).toMatchObject({ kind: 'credits', credits: 99.5 });
    expect(calls).toBe(3);
  });

  test('a balance that never comes is a reply and no exception', async () => {
    const { client } = connect(await refusingUrl());
    expect(await client.balance(never())).toMatchObject({ kind: 'retry', sent: false });
    expect(await client.balance(AbortSignal.abort())).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the probe is one create call with the empty input', async () => {
    const { url, received } = await serveAnswer('{"code":500,"msg":"This field is required"}');
    expect(await connect(url).client.probe(defaultModel, never())).toEqual({ kind: 'live' });
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([
      { model: 'sora-watermark-remover', input: {} },
    ]);
  });

  test('a model without a probe is not probed', async () => {
    const { url, received } = await serveAnswer(ACCEPTED);
    const model = { ...defaultModel, probe: null };
    expect(await connect(url).client.probe(model, never())).toEqual({ kind: 'no-probe' });
    expect(received).toEqual([]);
  });

  test("a failing probe is not repeated here: its pace is the caller's", async () => {
    const { url, received } = await serveAnswer('<html>', { httpStatus: 502 });
    expect(await connect(url).client.probe(defaultModel, never())).toMatchObject({ kind: 'retry' });
    expect(received).toHaveLength(1);
  });
});

describe('the API key', () => {
  test('is in no reply and no log line, even where the vendor repeats it', async () => {
    const words = `The key ${API_KEY} (${API_KEY}) is not known`;
    const headers = { 'x-ratelimit-key': API_KEY, 'retry-after': '1' };
    const bodies: [string, number][] = [
      ...[401, 422, 429, 455, 500, 599].map((code): [string, number] => [
        JSON.stringify({ code, msg: words }),
        200,
      ]),
      [JSON.stringify({ code: 200, data: { taskId: 't', state: API_KEY } }), 200],
      [JSON.stringify({ code: 200, data: { state: 'fail', failCode: API_KEY, failMsg: words } }), 200],
      [JSON.stringify({ code: 200, data: words }), 200],
      [words, 502],
      ['x'.repeat(100) + words, 200],
    ];
    const produced: unknown[] = [];
    for (const [body, httpStatus] of bodies) {
      const { url } = await serveAnswer(body, { httpStatus, headers });
      const { client, lines } = connect(url);
      produced.push(client, lines);
      produced.push(await client.create({ model: defaultModel, url: LINK }, never()));
      produced.push(await client.read(defaultModel, 't', never()));
      produced.push(await client.balance(never()), await client.probe(defaultModel, never()));
    }
    expect(inspect(produced, { depth: 20, showHidden: true, maxStringLength: null })).not.toContain(API_KEY);
  });

  test('is in nothing that a broken connection leaves behind', async () => {
    const urls = [
      await refusingUrl(),
      await serveTcp((socket) => socket.on('data', () => socket.resetAndDestroy())),
      await serveTcp((socket) => socket.end('no HTTP at all\r\n\r\n')),
      'http://host.invalid',
      'http://127.0.0.1:1',
    ];
    const produced: unknown[] = [];
    for (const url of urls) {
      const { client, lines } = connect(url);
      produced.push(lines, await client.create({ model: defaultModel, url: LINK }, never()));
      produced.push(await client.read(defaultModel, 't', never()));
      produced.push(await client.balance(never()));
    }
    expect(inspect(produced, { depth: 20, showHidden: true, maxStringLength: null })).not.toContain(API_KEY);
  });

  test.each(['', 'two words', 'line\nbreak', 'schlüssel'])(
    'a key no header can carry is refused: %j',
    (apiKey) => {
      const make = () =>
        createVendor({ baseUrl: 'http://127.0.0.1', apiKey, logger: pino({ level: 'silent' }) });
      expect(make).toThrow(/copy it again into KIE_API_KEY/);
    },
  );
});

test('an unknown state is warned about once, with the task and without headers', async () => {
  const { url } = await serveAnswer('{"code":200,"data":{"state":"archiving"}}');
  const { client, lines } = connect(url, { clock: { now: () => 0 } });
  for (let count = 0; count < 5; count += 1) await client.read(defaultModel, 'task-1', never());
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'Unknown task state',
    value: 'archiving',
    taskId: 'task-1',
  });
  expect(lines[0]).not.toMatch(/authorization|bearer/i);
});
