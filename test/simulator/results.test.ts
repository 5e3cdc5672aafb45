import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByteRange } from '../../src/simulator/byte-range.ts';
import type { FaultName, FaultOf } from '../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { answerOf, browser, createManualClock, make, post, resultUrlOf, resultUrlsOf } from './calls.ts';

/** A simulator with one finished task, its result's URL and right bytes. */
async function startWithResult(options: SimulatorOptions = {}, fault?: FaultName) {
  const clock = createManualClock();
  // The fault happens the first time only, so that each test also sees the way out.
  const faultOf: FaultOf = ({ count }) => (count === 1 ? fault : undefined);
  const simulator = await startSimulator({ taskTime: 0, ...options }, { clock, faultOf });
  const taskId = await make(simulator, 'a');
  const url = await resultUrlOf(simulator, taskId);
  return { simulator, clock, taskId, url, right: simulator.resultBytesOf(taskId) };
}

function download(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(url, { method, headers: { ...browser, ...headers }, redirect: 'manual' });
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** What arrives before the transfer breaks; null when it does not break. */
async function bytesBeforeBreak(response: Response): Promise<Buffer | null> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of response.body ?? []) pieces.push(piece);
    return null;
  } catch {
    return Buffer.concat(pieces);
  }
}

function downloadsOf(simulator: Simulator, taskId: string) {
  return simulator.counts().downloads[`${taskId}/0`];
}

describe('a result', () => {
  it('comes whole, with its length, type and a strong validator', async () => {
    const { simulator, taskId, url, right } = await startWithResult();
    await using _ = simulator;
    const response = await download(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(response.headers.get('content-length')).toBe(String(right.length));
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]+"$/);
    expect((await bytesOf(response)).equals(right)).toBe(true);
    const counted = { requests: 1, ranges: 0, bytesSent: right.length };
    await expect.poll(() => downloadsOf(simulator, taskId)).toEqual(counted);
  });

  it('answers HEAD without a body', async () => {
    const { simulator, url, right } = await startWithResult();
    await using _ = simulator;
    const response = await download(url, {}, 'HEAD');
    expect(response.headers.get('content-length')).toBe(String(right.length));
    expect(await bytesOf(response)).toHaveLength(0);
  });

  it.each<[string, (size: number) => [number, number]]>([
    ['bytes=100-199', () => [100, 200]],
    ['bytes=20000-', (size) => [20_000, size]],
    ['bytes=-7', (size) => [size - 7, size]],
    ['bytes=0-99999999', (size) => [0, size]],
  ])('gives the part %s', async (range, partOf) => {
    const { simulator, taskId, url, right } = await startWithResult();
    await using _ = simulator;
    const [from, to] = partOf(right.length);
    const response = await download(url, { range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${right.length}`);
    expect((await bytesOf(response)).equals(right.subarray(from, to))).toBe(true);
    expect(downloadsOf(simulator, taskId)?.ranges).toBe(1);
  });

  it('says 416 for a part behind its end', async () => {
    const { simulator, url, right } = await startWithResult();
    await using _ = simulator;
    const response = await download(url, { range: `bytes=${right.length}-` });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${right.length}`);
  });

  it('gives a part only for the validator it has', async () => {
    const { simulator, url } = await startWithResult();
    await using _ = simulator;
    const first = await download(url, {}, 'HEAD');
    const statusFor = async (ifRange: string) =>
      (await download(url, { range: 'bytes=5-', 'if-range': ifRange })).status;
    expect(await statusFor(first.headers.get('etag') ?? '')).toBe(206);
    expect(await statusFor(first.headers.get('last-modified') ?? '')).toBe(206);
    expect(await statusFor('"another"')).toBe(200);
  });

  it('never gives a part for a weak validator', async () => {
    const { simulator, url } = await startWithResult({ validators: 'weak' });
    await using _ = simulator;
    const etag = (await download(url, {}, 'HEAD')).headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\//);
    expect((await download(url, { range: 'bytes=5-', 'if-range': etag })).status).toBe(200);
  });

  it('can have no validators at all', async () => {
    const { simulator, url } = await startWithResult({ validators: 'none' });
    await using _ = simulator;
    const { headers } = await download(url, {}, 'HEAD');
    expect([headers.get('etag'), headers.get('last-modified')]).toEqual([null, null]);
  });

  it('is refused to clients without an ordinary User-Agent', async () => {
    const { simulator, url } = await startWithResult();
    await using _ = simulator;
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toBe('error code: 1010');
    expect(simulator.counts().agentRefusals).toBe(1);
    simulator.settings({ ordinaryAgentOnly: false });
    expect((await fetch(url)).status).toBe(200);
  });

  it('asked for with the key counts as a leak, in a header or in the URL', async () => {
    const { simulator, url } = await startWithResult({ apiKey: 'test-key' });
    await using _ = simulator;
    await download(url);
    expect(simulator.counts().keyLeaks).toBe(0);
    await download(url, { authorization: 'Bearer other' });
    await download(`${url}&key=test-key`);
    await download(url, { 'x-api-key': 'test-key' });
    expect(simulator.counts().keyLeaks).toBe(3);
  });

  it('has a URL that expires; the next query gives the same one, or another where asked for', async () => {
    const { simulator, clock, taskId, url } = await startWithResult({ resultLifetimeMs: '1h' });
    await using _ = simulator;
    clock.advance(3_600_000);
    expect((await download(url)).status).toBe(403);
    expect(await resultUrlOf(simulator, taskId)).toBe(url);
    simulator.settings({ resultUrls: 'fresh' });
    expect((await download(await resultUrlOf(simulator, taskId))).status).toBe(200);
  });

  it('can have a URL that is dead from the start', async () => {
    const { simulator, url } = await startWithResult({ deadResultShare: 1 });
    await using _ = simulator;
    expect((await download(url)).status).toBe(403);
  });

  it('has a link of twenty minutes for the asking, unless the URL is a stranger', async () => {
    const { simulator, clock, taskId, url, right } = await startWithResult();
    await using _ = simulator;
    const ask = async (asked: string) =>
      answerOf(await post(simulator, '/api/v1/common/download-url', { url: asked }));
    const { code, data } = await ask(url);
    expect(code).toBe(200);
    expect((await bytesOf(await download(String(data)))).equals(right)).toBe(true);
    clock.advance(20 * 60_000);
    expect((await download(String(data))).status).toBe(403);
    expect((await ask('https://elsewhere.example/x.mp4')).code).toBe(422);
    expect(simulator.counts().mints).toEqual({ [taskId]: 1 });
    const invented = await ask(`${simulator.url}/results/none/0.mp4`);
    expect(invented.code).toBe(200);
    expect((await download(String(invented.data))).status).toBe(404);
  });

  it('is not there before its task has ended, nor for a task that is none', async () => {
    await using simulator = await startSimulator({ taskTime: '1h' });
    const taskId = await make(simulator, 'a');
    expect((await download(`${simulator.url}/results/${taskId}/0.mp4?expires=9e15`)).status).toBe(404);
    expect((await download(`${simulator.url}/results/none/0.mp4?expires=9e15`)).status).toBe(404);
  });

  it('can be one of several, each with different bytes', async () => {
    await using simulator = await startSimulator({ taskTime: 0, resultsPerTask: 2 });
    const taskId = await make(simulator, 'a');
    const urls = await resultUrlsOf(simulator, taskId);
    const bodies = await Promise.all(urls.map(async (url) => bytesOf(await download(url))));
    expect(bodies.map((body, index) => body.equals(simulator.resultBytesOf(taskId, index)))).toEqual([
      true,
      true,
    ]);
    expect(bodies[0]?.equals(bodies[1] ?? Buffer.alloc(0))).toBe(false);
  });

  it('can be large', async () => {
    const { simulator, url, right } = await startWithResult({ resultBytes: '5MB' });
    await using _ = simulator;
    expect(right.length).toBe(5_000_000);
    expect((await bytesOf(await download(url))).equals(right)).toBe(true);
  });

  it('has URLs under the name by which clients reach the simulator', async () => {
    const { simulator, url } = await startWithResult({ publicUrl: 'http://vendor.example:8080/' });
    await using _ = simulator;
    expect(url).toMatch(/^http:\/\/vendor\.example:8080\/results\//);
  });
});

describe('faults of a download', () => {
  it.each<[FaultName, number, string]>([
    ['result-html', 200, '<!doctype html>'],
    ['result-json', 200, '{"code":500'],
    ['result-missing', 404, 'Not Found'],
    ['result-500', 500, 'Internal Server Error'],
  ])('%s answers HTTP %d with something else, once', async (fault, status, text) => {
    const { simulator, url, right } = await startWithResult({}, fault);
    await using _ = simulator;
    const response = await download(url);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
    expect((await bytesOf(await download(url))).equals(right)).toBe(true);
    expect(simulator.counts().faults).toMatchObject({ [fault]: 1 });
  });

  it('result-cut ends in the middle, and a range brings the rest', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-cut');
    await using _ = simulator;
    const first = await bytesBeforeBreak(await download(url));
    if (!first) throw new Error('the transfer was not cut');
    expect(first.equals(right.subarray(0, Math.ceil(right.length / 2)))).toBe(true);
    const rest = await bytesOf(await download(url, { range: `bytes=${first.length}-` }));
    expect(Buffer.concat([first, rest]).equals(right)).toBe(true);
  });

  it('result-wrong-length promises a thousand bytes that never come', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-wrong-length');
    await using _ = simulator;
    const response = await download(url);
    expect(response.headers.get('content-length')).toBe(String(right.length + 1000));
    expect(await bytesBeforeBreak(response)).not.toBeNull();
  });

  it('result-truncated looks right at the level of HTTP and is cut short', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-truncated');
    await using _ = simulator;
    const body = await bytesOf(await download(url));
    expect(body.equals(right.subarray(0, Math.floor((right.length * 2) / 3)))).toBe(true);
  });

  it('result-stall sends the first half and nothing behind it', async () => {
    const { simulator, taskId, url, right } = await startWithResult({}, 'result-stall');
    await using _ = simulator;
    const half = Math.ceil(right.length / 2);
    const pieces: Uint8Array[] = [];
    const stop = new AbortController();
    const response = await fetch(url, { headers: browser, signal: stop.signal });
    const transfer = (async () => {
      for await (const piece of response.body ?? []) {
        pieces.push(piece);
        if (Buffer.concat(pieces).length >= half) stop.abort();
      }
    })();
    await expect(transfer).rejects.toThrow(/abort/i);
    expect(Buffer.concat(pieces).equals(right.subarray(0, half))).toBe(true);
    await expect.poll(() => downloadsOf(simulator, taskId)?.bytesSent).toBe(half);
  });

  it('result-slow sends a hundred bytes at a time', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-slow');
    await using _ = simulator;
    const reader = (await download(url)).body?.getReader();
    const pieces = [await reader?.read(), await reader?.read()].map((read) => Buffer.from(read?.value ?? []));
    const received = Buffer.concat(pieces);
    expect(received.length).toBeLessThan(right.length);
    expect(received.equals(right.subarray(0, received.length))).toBe(true);
    expect(received.length % 100).toBe(0);
    await reader?.cancel();
  });

  it('result-no-length and result-wrong-type still bring the file', async () => {
    for (const fault of ['result-no-length', 'result-wrong-type'] as const) {
      const { simulator, url, right } = await startWithResult({}, fault);
      await using _ = simulator;
      const response = await download(url);
      expect(response.headers.get('content-length') === null).toBe(fault === 'result-no-length');
      expect(response.headers.get('content-type')).toBe(
        fault === 'result-wrong-type' ? 'text/html' : 'video/mp4',
      );
      expect((await bytesOf(response)).equals(right)).toBe(true);
    }
  });

  it('result-endless continues behind the end of the file', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-endless');
    await using _ = simulator;
    const response = await download(url);
    let receivedBytes = 0;
    for await (const piece of response.body ?? []) {
      receivedBytes += piece.length;
      if (receivedBytes > 3 * right.length) break;
    }
    expect(receivedBytes).toBeGreaterThan(3 * right.length);
  });

  it('result-expired kills one URL', async () => {
    const { simulator, url } = await startWithResult({}, 'result-expired');
    await using _ = simulator;
    expect((await download(url)).status).toBe(403);
    expect((await download(url)).status).toBe(403);
  });

  it('result-range-ignored sends everything with HTTP 200', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-range-ignored');
    await using _ = simulator;
    const response = await download(url, { range: 'bytes=100-' });
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).equals(right)).toBe(true);
  });

  it('result-changed cuts, and puts another file with another validator in its place', async () => {
    const { simulator, taskId, url, right } = await startWithResult({}, 'result-changed');
    await using _ = simulator;
    const first = await download(url);
    const etag = first.headers.get('etag') ?? '';
    expect(await bytesBeforeBreak(first)).not.toBeNull();
    const second = await download(url, { range: 'bytes=100-', 'if-range': etag });
    expect(second.status).toBe(200);
    expect(second.headers.get('etag')).not.toBe(etag);
    const body = await bytesOf(second);
    expect(body.equals(right)).toBe(false);
    expect(body.equals(simulator.resultBytesOf(taskId))).toBe(true);
  });

  it('result-redirect leads to the same file, or where a test wants it', async () => {
    const { simulator, url, right } = await startWithResult({}, 'result-redirect');
    await using _ = simulator;
    const redirect = await download(url);
    expect(redirect.status).toBe(302);
    const target = new URL(redirect.headers.get('location') ?? '', url);
    expect((await bytesOf(await download(target.href))).equals(right)).toBe(true);
    simulator.settings({ redirectTo: 'http://169.254.169.254/', faults: { 'result-redirect': 1 } });
    expect((await download(url)).headers.get('location')).toBe('http://169.254.169.254/');
  });
});

describe('reading a Range header', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=-', 'whole'],
    ['lines=1-2', 'whole'],
    ['bytes=5-2', 'whole'],
    ['bytes=0-1,4-5', 'whole'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=3-3', { from: 3, to: 4 }],
    ['bytes=-99', { from: 0, to: 10 }],
  ])('%s of ten bytes is %j', (header, range) => {
    expect(parseByteRange(header, 10)).toEqual(range);
  });

  it('never leads outside the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(1000), (text, from, to, sizeBytes) => {
        for (const header of [text, `bytes=${from}-${to}`, `bytes=-${to}`, `bytes=${from}-`]) {
          const range = parseByteRange(header, sizeBytes);
          if (typeof range === 'string') continue;
          expect(range.from >= 0 && range.from < range.to && range.to <= sizeBytes).toBe(true);
        }
      }),
    );
  });
});
