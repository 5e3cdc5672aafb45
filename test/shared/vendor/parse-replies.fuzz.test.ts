/**
 * Whatever bytes arrive, every parser has an outcome for them: 20,000 replies, each read by every parser. `npm run fuzz`
 * tries others.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTaskIdOfBody } from '../../../src/shared/vendor/callback-body.ts';
import { parseCreateReply } from '../../../src/shared/vendor/create-reply.ts';
import { parseCreditsReply } from '../../../src/shared/vendor/credits-reply.ts';
import { parseProbeReply } from '../../../src/shared/vendor/probe-reply.ts';
import { parseRecordReply } from '../../../src/shared/vendor/record-reply.ts';
import type { RawReply } from '../../../src/shared/vendor/replies.ts';
import { bodyTextOf, replyCases } from './vendor-replies.ts';

const REPLIES = 20_000;
const RESULT_PATH = ['resultJson', 'resultUrls'];
/** Ids stand in a list with commas. */
const TASK_ID = /^[\x21-\x2b\x2d-\x7e]{1,200}$/;
const OUTCOMES = {
  create: ['accepted', 'throttled', 'halt', 'reject', 'retry', 'ambiguous'],
  record: ['pending', 'succeeded', 'failed', 'unknown-task', 'throttled', 'halt', 'retry'],
  credits: ['credits', 'throttled', 'halt', 'retry'],
  probe: ['live', 'paused', 'unknown-model', 'throttled', 'halt', 'retry'],
};

const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, '', 0, -0, 1e308, '200', ' 429 ', '__proto__', [], {}, [[]]),
);
const code = fc.oneof(
  fc.constantFrom(200, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505, '200'),
  oddValue,
);
const resultJson = fc.oneof(
  oddValue,
  fc.json({ maxDepth: 3 }),
  fc.constant('{"resultUrls":["https://a.example/x"]}'),
);

const record = fc.record(
  {
    taskId: fc.oneof(fc.string({ maxLength: 300 }), oddValue),
    task_id: oddValue,
    state: fc.oneof(fc.constantFrom('waiting', 'queuing', 'generating', 'success', 'fail'), oddValue),
    resultJson,
    failCode: fc.oneof(fc.constantFrom('500', '422', '524', 500, null), oddValue),
    failMsg: oddValue,
    creditsConsumed: oddValue,
    createTime: oddValue,
    completeTime: oddValue,
  },
  { requiredKeys: [] },
);
const envelope = fc.record(
  { code, msg: oddValue, message: oddValue, data: fc.oneof(record, oddValue) },
  { requiredKeys: [] },
);

/** A case of the contract with a piece cut out, doubled or overwritten. */
const damaged = fc
  .tuple(fc.constantFrom(...replyCases.map(bodyTextOf)), fc.nat(400), fc.nat(40), fc.string({ maxLength: 5 }))
  .map(([text, start, length, filler]) => text.slice(0, start) + filler + text.slice(start + length));
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => new TextDecoder().decode(array));
const body = fc.oneof(
  { weight: 4, arbitrary: envelope.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: damaged },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
);

const headerValue = fc.oneof(
  fc.string(),
  fc.constantFrom('7', '-1', '1e9', 'Tue, 01 Sep 2026 12:00:00 GMT', 'NaN'),
);
const headers = fc.dictionary(
  fc.constantFrom('retry-after', 'date', 'ratelimit', 'x-ratelimit-reset'),
  headerValue,
);

const reply: fc.Arbitrary<RawReply> = fc.record({
  httpStatus: fc.oneof(
    fc.constantFrom(200, 302, 401, 404, 429, 500, 502),
    fc.integer({ min: 200, max: 599 }),
  ),
  headers,
  bodyText: body,
  complete: fc.boolean(),
  receivedAtMs: fc.nat(),
});

test('every reply has an outcome and none an exception', () => {
  const seen = new Set<string>();
  let replies = 0;
  const look = (kind: keyof typeof OUTCOMES, outcome: string) => {
    if (!OUTCOMES[kind].includes(outcome)) throw new Error(`${outcome} is no outcome of ${kind}`);
    seen.add(`${kind} ${outcome}`);
  };
  fc.assert(
    fc.property(reply, (raw) => {
      replies += 1;
      const created = parseCreateReply(raw);
      look('create', created.kind);
      look('probe', parseProbeReply(raw).kind);
      look('record', parseRecordReply(raw, RESULT_PATH).kind);
      look('credits', parseCreditsReply(raw).kind);
    }),
    // Some outcomes are rare: these replies reach them all.
    { numRuns: REPLIES, seed: 1 },
  );
  expect(replies).toBeGreaterThanOrEqual(REPLIES);
  const all = Object.entries(OUTCOMES).flatMap(([kind, names]) => names.map((name) => `${kind} ${name}`));
  expect([...seen].sort(), 'the replies reach every outcome').toEqual(all.sort());
});

test('what is accepted or succeeded is fit for use', () => {
  fc.assert(
    fc.property(reply, (raw) => {
      const created = parseCreateReply(raw);
      if (created.kind === 'accepted') expect(created.taskId).toMatch(TASK_ID);
      if (created.kind === 'throttled' && created.retryAfterMs !== undefined) {
        expect(created.retryAfterMs).toBeGreaterThan(0);
      }
      const found = parseRecordReply(raw, RESULT_PATH);
      if (found.kind === 'succeeded') {
        expect(found.urls.length).toBeGreaterThan(0);
        for (const url of found.urls) expect(url).toMatch(/^https?:/i);
      }
    }),
    { numRuns: 5_000 },
  );
});

test('a callback of any bytes has a task id or none', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        body.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 60 }).map(Buffer.from),
      ),
      (bytes) => {
        const taskId = readTaskIdOfBody(bytes);
        if (taskId !== null) expect(taskId).toMatch(TASK_ID);
      },
    ),
    { numRuns: 5_000 },
  );
});

test('a deeply nested body is no danger', () => {
  const depth = 100_000;
  const bodyText = `{"code":200,"data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(parseCreateReply({ httpStatus: 200, headers: {}, bodyText }).kind).toBe('ambiguous');
  expect(parseRecordReply({ httpStatus: 200, headers: {}, bodyText }, RESULT_PATH).kind).toBe('retry');
});
