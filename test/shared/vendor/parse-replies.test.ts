import { describe, expect, test } from 'vitest';
import { parseCreateReply } from '../../../src/shared/vendor/create-reply.ts';
import { parseCreditsReply } from '../../../src/shared/vendor/credits-reply.ts';
import { parseProbeReply } from '../../../src/shared/vendor/probe-reply.ts';
import { parseRecordReply } from '../../../src/shared/vendor/record-reply.ts';
import type { RawReply } from '../../../src/shared/vendor/replies.ts';
import { bodyTextOf, replyCases } from './vendor-replies.ts';

const RESULT_PATH = ['resultJson', 'resultUrls'];

function raw(body: unknown, rest: Partial<RawReply> = {}): RawReply {
  return {
    httpStatus: 200,
    headers: {},
    bodyText: typeof body === 'string' ? body : JSON.stringify(body),
    ...rest,
  };
}

const parseRecord = (body: unknown, rest: Partial<RawReply> = {}) =>
  parseRecordReply(raw(body, rest), RESULT_PATH);
const record = (data: object, code = 200) => parseRecord({ code, msg: '', data: { taskId: 't', ...data } });

describe('the replies of the contract', () => {
  test.each(replyCases.filter(({ httpStatus }) => httpStatus !== null))('$call: $name', (replyCase) => {
    const reply = {
      httpStatus: replyCase.httpStatus ?? 0,
      headers: replyCase.headers,
      bodyText: bodyTextOf(replyCase),
    };
    const parsed =
      replyCase.call === 'create' ? parseCreateReply(reply) : parseRecordReply(reply, RESULT_PATH);
    expect(parsed).toMatchObject(replyCase.expect);
  });

  test('a warning is given only where the contract asks for one', () => {
    const warned = replyCases.filter(({ call, httpStatus, expect }) => {
      return call === 'record' && httpStatus !== null && expect['warn'] === undefined;
    });
    for (const replyCase of warned) {
      const reply = { httpStatus: replyCase.httpStatus ?? 0, headers: {}, bodyText: bodyTextOf(replyCase) };
      expect(parseRecordReply(reply, RESULT_PATH), replyCase.name).not.toHaveProperty('warn');
    }
  });
});

describe('answers to a create call, read tolerantly', () => {
  test.each<[string, RawReply, object]>([
    [
      'a byte-order mark',
      raw('\uFEFF{"code":200,"data":{"taskId":"abc"}}'),
      { kind: 'accepted', taskId: 'abc' },
    ],
    ['a code in quotes', raw({ code: '200', data: { taskId: 'abc' } }), { kind: 'accepted', taskId: 'abc' }],
    [
      'an id that is a number',
      raw({ code: 200, data: { taskId: 12345 } }),
      { kind: 'accepted', taskId: '12345' },
    ],
    ['no code at all, but an id', raw({ data: { taskId: 'abc' } }), { kind: 'accepted', taskId: 'abc' }],
    ["the body's code against the status", raw({ code: 429 }, { httpStatus: 500 }), { kind: 'throttled' }],
    [
      'a status without a code',
      raw({ error: 'x' }, { httpStatus: 401 }),
      { kind: 'halt', reason: 'unauthorized' },
    ],
    ['the older name of the message', raw({ code: 422, message: 'no' }), { kind: 'reject', message: 'no' }],
    ['an unknown code', raw({ code: 599, msg: 'hm' }), { kind: 'retry', warn: true }],
    ['malformed, says the vendor', raw({ code: 400, msg: 'bad' }), { kind: 'reject' }],
    [
      'a pause under another code',
      raw({ code: 422, msg: 'This interface is temporarily paused' }),
      { kind: 'halt', reason: 'model-paused' },
    ],
    [
      'no credits under another code',
      raw({ code: 422, msg: 'Insufficient credits' }),
      { kind: 'halt', reason: 'no-credits' },
    ],
    [
      'too fast under another code',
      raw({ code: 500, msg: 'Your call frequency is too high' }),
      { kind: 'throttled' },
    ],
    ['a redirect', raw('', { httpStatus: 302 }), { kind: 'halt', reason: 'misconfigured' }],
    ['a plain 404', raw('Not found', { httpStatus: 404 }), { kind: 'halt', reason: 'misconfigured' }],
    ['the first code of a redirect', raw({ code: 300 }), { kind: 'halt', reason: 'misconfigured' }],
    ['a code below those of success', raw({ code: 199, data: { taskId: 'abc' } }), { kind: 'accepted' }],
    ['an unusual code below those of success', raw({ code: 199 }), { kind: 'retry', warn: true }],
    ['a page in the place of the vendor', raw('\uFEFF <html>'), { kind: 'retry' }],
    [
      'a refusal that names an id all the same',
      raw({ code: 422, msg: 'no', data: { taskId: 'abc' } }),
      { kind: 'reject' },
    ],
    ['a status 505 of a proxy', raw('<html>', { httpStatus: 505 }), { kind: 'retry' }],
  ])('%s', (_, reply, expected) => {
    expect(parseCreateReply(reply)).toMatchObject(expected);
  });

  test.each<[string, RawReply]>([
    ['a body cut off', raw('{"code":200,"data":{"taskId":"ab', { complete: false })],
    ['JSON that broke on the way', raw('{"code":200,"data":{"taskId":"ab')],
    ['headers without a body', raw('', { complete: false })],
    ['an empty body', raw('')],
    ['an id that cannot be used', raw({ code: 200, data: { taskId: 'x'.repeat(201) } })],
    ['an id that a list cannot carry', raw({ code: 200, data: { taskId: 'a,b' } })],
    ['an id with a line break', raw({ code: 200, data: { taskId: 'a\nb' } })],
    ['an id that cannot be used beside a server error', raw({ code: 500, data: { taskId: 'a,b' } })],
    ['a success without data', raw({ code: 200, msg: 'success' })],
    ['a success with an empty id', raw({ code: 200, data: { taskId: '' } })],
    ['a success with its id where nobody looks', raw({ code: 200, data: { task: { id: 'abc1' } } })],
    ['a success with a word for an id', raw({ code: 200, data: 'success' })],
    ['a code that is no number', raw({ code: {}, msg: 'hm' })],
    ['an unknown code of success', raw({ code: 201, msg: 'created' })],
    ['a body that is no object', raw('["abc1"]')],
    ['a status of success without a body', raw('', { httpStatus: 202 })],
    ['a gateway that gave up waiting, in JSON', raw({ error: 'Gateway Timeout' }, { httpStatus: 504 })],
    ['a gateway that gave up waiting, as code', raw({ code: 524, msg: 'timeout' })],
    ['an edge with an empty answer from behind', raw('error code: 520', { httpStatus: 520 })],
    ['an edge whose request was not acknowledged', raw('error code: 522', { httpStatus: 522 })],
    ['a server that timed out behind the vendor', raw({ code: 500, msg: 'Read timed out' })],
  ])('ambiguous, since a task may exist: %s', (_, reply) => {
    expect(parseCreateReply(reply)).toMatchObject({ kind: 'ambiguous', message: expect.stringMatching(/./) });
  });

  test.each<[string, RawReply, string]>([
    ['at data.id', raw({ code: 200, data: { id: 'abc' } }), 'abc'],
    ['at the top in older spelling', raw({ code: 200, task_id: 'abc' }), 'abc'],
    [
      'elsewhere, where the usual place cannot be used',
      raw({ code: 200, data: { taskId: 'a b', recordId: 'abc' } }),
      'abc',
    ],
    ['beside a server error', raw({ code: 500, msg: 'oops', data: { taskId: 'abc' } }), 'abc'],
    ['beside an unknown code', raw({ code: 599, data: { taskId: 'abc' } }), 'abc'],
    ['in the page of a gateway that speaks JSON', raw({ code: 504, data: { taskId: 'abc' } }), 'abc'],
  ])('an id is followed wherever it stands: %s', (_, reply, taskId) => {
    expect(parseCreateReply(reply)).toMatchObject({ kind: 'accepted', taskId });
  });

  test.each<[string, RawReply]>([
    ['down', raw('error code: 521', { httpStatus: 521 })],
    ['out of reach', raw('error code: 523', { httpStatus: 523 })],
    ['without a valid certificate', raw('error code: 526', { httpStatus: 526 })],
    ['overloaded', raw('<html>', { httpStatus: 503 })],
    ['challenged by its edge', raw('<html>Just a moment...', { httpStatus: 403 })],
  ])('nothing was made by a vendor that is %s', (_, reply) => {
    expect(parseCreateReply(reply)).toMatchObject({ kind: 'retry' });
  });

  test.each<[number, string, object]>([
    [429, 'Credits insufficient', { kind: 'halt', reason: 'no-credits' }],
    [430, 'Your call frequency is too high', { kind: 'throttled' }],
    [430, 'Credits insufficient', { kind: 'halt', reason: 'no-credits' }],
    [403, 'forbidden', { kind: 'halt', reason: 'unauthorized' }],
    [422, 'callBackUrl is not a valid URL', { kind: 'halt', reason: 'misconfigured' }],
    [500, 'Your balance isnt enough', { kind: 'halt', reason: 'no-credits' }],
    [500, 'Call frequency too high', { kind: 'throttled' }],
    [500, 'The server is under maintenance', { kind: 'halt', reason: 'maintenance' }],
    [503, 'upstream timedout', { kind: 'ambiguous' }],
    [502, 'upstream timeout', { kind: 'ambiguous' }],
  ])('code %i with "%s"', (code, msg, expected) => {
    expect(parseCreateReply(raw({ code, msg }))).toMatchObject(expected);
  });

  test('says in its message what is odd about it', () => {
    const message = (body: unknown) => parseCreateReply(raw(body));
    expect(message({ code: 200, msg: 'success' })).toMatchObject({ message: 'success, without a task id' });
    expect(message('{"code":200')).toMatchObject({
      message: 'The answer was cut off or unreadable. HTTP 200 without a readable body: {"code":200',
    });
    expect(message({ code: 500, msg: 'oops', data: { taskId: 'a,b' } })).toMatchObject({
      message: 'A task id came with an error: oops',
    });
    expect(message({ code: 422 })).toMatchObject({ message: 'Code 422 without a message' });
  });

  test('waits as long as the vendor asks, and no time is not zero', () => {
    const limited = (headers: Record<string, string>) => parseCreateReply(raw({ code: 429 }, { headers }));
    expect(limited({ 'retry-after': '7' })).toMatchObject({ kind: 'throttled', retryAfterMs: 7000 });
    expect(limited({})).not.toHaveProperty('retryAfterMs');
  });

  test('a whole answer is believed even if the connection broke after it', () => {
    const reply = raw({ code: 200, data: { taskId: 'abc' } }, { complete: false });
    expect(parseCreateReply(reply)).toMatchObject({ kind: 'accepted', taskId: 'abc' });
  });

  test("a message is one short line of the vendor's words", () => {
    const reply = parseCreateReply(raw({ code: 422, msg: `two\nlines\u0007 ${'x'.repeat(5_000)}` }));
    expect(reply).toMatchObject({ message: expect.stringMatching(/^two lines x{1,490}$/) });
  });
});

describe('answers to a query, read tolerantly', () => {
  test('a record gives the credits and the two instants', () => {
    const resultJson = '{"resultUrls":["https://a.example/x.mp4"]}';
    const times = { createTime: 1698765400000, completeTime: '1698765432000', creditsConsumed: '7.5' };
    expect(record({ state: 'success', resultJson, ...times })).toEqual({
      kind: 'succeeded',
      urls: ['https://a.example/x.mp4'],
      credits: 7.5,
      createTimeMs: 1698765400000,
      completeTimeMs: 1698765432000,
    });
  });

  test('unset credits and times are null, not zero', () => {
    const resultJson = { resultUrls: ['https://a.example/x.mp4'] };
    expect(
      record({ state: 'success', resultJson, creditsConsumed: null, createTime: 'yesterday' }),
    ).toMatchObject({
      credits: null,
      createTimeMs: null,
      completeTimeMs: null,
    });
  });

  test.each<[string, unknown]>([
    ['packed twice', JSON.stringify(JSON.stringify({ resultUrls: ['https://a.example/x.mp4'] }))],
    ['one address instead of a list', { resultUrls: 'https://a.example/x.mp4' }],
    ['the list packed once more', { resultUrls: '["https://a.example/x.mp4"]' }],
  ])('a resultJson %s is read', (_, resultJson) => {
    expect(record({ state: 'success', resultJson })).toMatchObject({ urls: ['https://a.example/x.mp4'] });
  });

  test.each([
    ['creditsConsumed', -1, { credits: null }],
    ['creditsConsumed', 0, { credits: 0 }],
    ['creditsConsumed', true, { credits: null }],
    ['creditsConsumed', '1e999', { credits: null }],
    ['createTime', 0, { createTimeMs: null }],
    ['createTime', 1.5, { createTimeMs: null }],
    ['createTime', -3, { createTimeMs: null }],
    ['createTime', 3, { createTimeMs: 3 }],
  ])('%s %j', (field, value, expected) => {
    const resultJson = { resultUrls: ['https://a.example/x.mp4'] };
    expect(record({ state: 'success', resultJson, [field]: value })).toMatchObject(expected);
  });

  test('a success without a result is still running, with what it cost', () => {
    expect(record({ state: 'success', creditsConsumed: 6 })).toEqual({
      kind: 'pending',
      state: 'success without a result',
      credits: 6,
      warn: true,
    });
  });

  test('of a hundred results more are not read', () => {
    const resultUrls = Array.from({ length: 101 }, (_, n) => `https://a.example/${n}.mp4`);
    expect(record({ state: 'success', resultJson: { resultUrls } })).toMatchObject({
      urls: resultUrls.slice(0, 100),
    });
  });

  test('a failed task that was charged says so', () => {
    expect(record({ state: 'fail', failCode: '501', creditsConsumed: 10 })).toMatchObject({ credits: 10 });
    expect(record({ state: 'fail', failCode: '501' })).toMatchObject({ credits: null });
  });

  test('only http addresses are results', () => {
    const resultUrls = ['javascript:alert(1)', 'file:///etc/passwd', 7, 'https://a.example/x.mp4'];
    expect(record({ state: 'success', resultJson: { resultUrls } })).toMatchObject({
      urls: ['https://a.example/x.mp4'],
    });
  });

  test('the way to the results belongs to the model', () => {
    const body = { code: 200, data: { state: 'success', output: '{"video":"https://a.example/x.mp4"}' } };
    const urls = ['https://a.example/x.mp4'];
    expect(parseRecordReply(raw(body), ['output', 'video'])).toMatchObject({ urls });
    const deep = { state: 'success', output: '{"a":{"video":"https://a.example/x.mp4"}}' };
    expect(parseRecordReply(raw({ code: 200, data: deep }), ['output', 'a', 'video'])).toMatchObject({
      urls,
    });
    expect(parseRecordReply(raw({ code: 200, data: deep }), [])).toMatchObject({ kind: 'pending' });
  });

  test.each<[string, string, boolean, number?]>([
    ['', 'Internal Error, Please try again later.', true],
    ['', 'server exception', true],
    ['', 'The service is temporarily unavailable', true],
    ['', 'generate task timeout', true, 120_000],
    ['0', 'internal error', true],
    ['500', 'task timed out', true, 120_000],
    ['200', 'internal error', true],
    ['', 'timedout', true],
    ['500', 'timed-out', true, 120_000],
    ['500', 'request time-out', true, 120_000],
    ['501', 'generation timed out', false],
    ['500', 'generate with two timeouts', true],
    ['500', 'a third-party likeness', false],
    ['500', 'third party content', false],
    ['500', 'shows a minor', false],
    ['500', 'mixed input types', false],
    ['500', 'can not read it', false],
    ['500', 'cannot open it', false],
    ['500', 'unable to be download', false],
    ['500', 'could not decode it', false],
    ['500', 'it exceed max size', false],
    ['500', 'exceeds the limit of 10', false],
    ['500', 'content policy violation', false],
    ['500', 'NSFW content detected, please try again', false],
    ['500', 'Mixed inputs are not supported', false],
    ['500', 'The video could not be accessed', false],
    ['500', 'Invalid video format', false],
    ['500', 'video is too long', false],
    ['531', 'flagged by moderation', false],
    ['501', 'internal error, please try again later.', false],
    ['', 'prominent public figure', false],
  ])('a failure with code "%s" and the text "%s": resubmit %s', (failCode, failMsg, resubmit, graceMs) => {
    const failed = record({ state: 'fail', failCode, failMsg });
    expect(failed).toMatchObject({ resubmit });
    expect(failed).toEqual(expect.objectContaining(graceMs === undefined ? {} : { graceMs }));
    expect(failed).not.toHaveProperty('warn');
  });

  test.each<[string, object]>([
    ['500', { resubmit: true }],
    ['501', { resubmit: false }],
    ['422', { resubmit: false }],
    ['524', { resubmit: true, graceMs: 120_000 }],
    ['531', { resubmit: true, warn: true }],
    ['5310', { resubmit: false, warn: true }],
    ['1531', { resubmit: false, warn: true }],
    ['what', { resubmit: false, warn: true }],
    ['toString', { resubmit: false, warn: true }],
    ['', { resubmit: false, warn: true }],
  ])('fail code "%s"', (failCode, expected) => {
    expect(record({ state: 'fail', failCode, failMsg: 'words' })).toMatchObject({
      kind: 'failed',
      failCode,
      failMsg: 'words',
      ...expected,
    });
  });

  test('a failed task wrapped in code 501 is a failed task, with a number for a code too', () => {
    expect(record({ state: 'fail', failCode: 422 }, 501)).toMatchObject({
      kind: 'failed',
      failCode: '422',
    });
  });

  test.each<[string, unknown, number, object]>([
    [
      'code 200 without data',
      { code: 200, data: null },
      200,
      { kind: 'retry', sent: true, warn: true, message: 'Code 200 without a task state' },
    ],
    ['a state beside a refusal', { code: 401, data: { state: 'fail' } }, 200, { kind: 'halt' }],
    [
      'a record with its origin',
      { code: 200, data: { state: 'waiting', param: '{"callBackUrl":"https://h/c","model":"m"}' } },
      200,
      { kind: 'pending', origin: { callbackUrl: 'https://h/c', links: [], model: 'm', input: {} } },
    ],
    [
      'a success without a result',
      { code: 200, data: { state: 'success' } },
      200,
      { kind: 'pending', warn: true },
    ],
    ['a lost record', { code: 422, msg: 'recordInfo is null' }, 200, { kind: 'unknown-task' }],
    ['a server error', { code: 500, msg: 'oops' }, 200, { kind: 'retry', sent: true, message: 'oops' }],
    ['an address that does not exist', { code: 404, msg: 'Not found' }, 200, { kind: 'retry', warn: true }],
    ['an upper-case state', { code: 200, data: { state: 'GENERATING' } }, 200, { kind: 'pending' }],
    ['malformed, says the vendor', { code: 400, msg: 'bad' }, 200, { kind: 'retry', warn: true }],
    ['another 422', { code: 422, msg: 'what?' }, 200, { kind: 'retry', warn: true }],
    ['a 404 of a proxy', '<html>', 404, { kind: 'retry', warn: true }],
    ['a redirect', '', 307, { kind: 'halt', reason: 'misconfigured' }],
    ['a model switched off', { code: 505, msg: 'off' }, 200, { kind: 'retry' }],
    ['maintenance', { code: 455, msg: 'later' }, 200, { kind: 'halt', reason: 'maintenance' }],
    ['too fast', { code: 500, msg: 'Your call frequency is too high.' }, 200, { kind: 'throttled' }],
  ])('%s', (_, body, httpStatus, expected) => {
    expect(parseRecord(body, { httpStatus })).toMatchObject(expected);
  });
});

describe('the balance and the probe', () => {
  test.each<[string, unknown, object]>([
    ['a whole balance', { code: 200, data: 100 }, { kind: 'credits', credits: 100 }],
    ['a fractional balance', { code: 200, data: 99.5 }, { kind: 'credits', credits: 99.5 }],
    ['a balance without end', '{"code":200,"data":1e999}', { kind: 'retry' }],
    ['a balance in quotes', { code: 200, data: '12' }, { kind: 'credits', credits: 12 }],
    [
      'no balance',
      { code: 200, data: null },
      { kind: 'retry', sent: true, warn: true, message: 'Code 200 without a balance' },
    ],
    ['a page', '<html>', { kind: 'retry', sent: true }],
    ['a server error', { code: 500, msg: 'oops' }, { kind: 'retry', message: 'oops' }],
    ['a code nobody knows', { code: 599 }, { kind: 'retry', warn: true }],
    ['a wrong key', { code: 401, msg: 'no' }, { kind: 'halt', reason: 'unauthorized' }],
    ['a wrong address', { code: 404, msg: 'no' }, { kind: 'halt', reason: 'misconfigured' }],
    ['too fast', { code: 429 }, { kind: 'throttled' }],
  ])('%s', (_, body, expected) => {
    expect(parseCreditsReply(raw(body))).toMatchObject(expected);
  });

  test('tell how far the clock of the vendor is behind', () => {
    const headers = { date: 'Tue, 01 Sep 2026 12:00:00 GMT' };
    const receivedAtMs = Date.UTC(2026, 8, 1, 12, 0, 3);
    const balance = (rest: Partial<RawReply>) => parseCreditsReply(raw({ code: 200, data: 1 }, rest));
    expect(balance({ headers, receivedAtMs })).toEqual({ kind: 'credits', credits: 1, aheadMs: 2500 });
    expect(balance({ headers })).toEqual({ kind: 'credits', credits: 1 });
    expect(balance({ receivedAtMs })).toEqual({ kind: 'credits', credits: 1 });
  });

  test.each<[string, unknown, object]>([
    ['a task was made all the same: live', { code: 200, data: { taskId: 'a1' } }, { kind: 'live' }],
    ['it refused another thing: live', { code: 422, msg: 'bad input' }, { kind: 'live' }],
    ['too fast', { code: 429, msg: 'slow' }, { kind: 'throttled' }],
    ['a server error', { code: 500, msg: 'oops' }, { kind: 'retry', message: 'oops' }],
    ['a wrong address that names a model', { code: 401, msg: 'model' }, { kind: 'halt' }],
    ['a field is required: live', { code: 500, msg: 'This field is required' }, { kind: 'live' }],
    ['paused', { code: 500, msg: 'This interface is temporarily paused' }, { kind: 'paused' }],
    [
      'unknown',
      { code: 422, msg: 'The model name you specified is not supported.' },
      { kind: 'unknown-model' },
    ],
    ['a wrong address', { code: 404, msg: 'Not found' }, { kind: 'halt', reason: 'misconfigured' }],
    ['a wrong key', { code: 401, msg: 'no' }, { kind: 'halt', reason: 'unauthorized' }],
    ['an unreadable answer', '{"code":', { kind: 'retry', sent: true }],
  ])('the probe says %s', (_, body, expected) => {
    expect(parseProbeReply(raw(body))).toMatchObject(expected);
  });
});

test('frames with a result are kept, each address once', () => {
  const [video, first, last] = [
    'https://a.example/x.mp4',
    'https://a.example/f.png',
    'https://a.example/l.png',
  ];
  const resultJson = JSON.stringify({ resultUrls: [video, video], firstFrameUrl: first, lastFrameUrl: last });
  const raw = {
    httpStatus: 200,
    headers: {},
    bodyText: JSON.stringify({ code: 200, data: { state: 'success', resultJson } }),
  };
  expect(parseRecordReply(raw, ['resultJson', 'resultUrls'])).toMatchObject({ urls: [video, first, last] });
});

test.each([
  [{ firstFrameUrl: 'https://a.example/f.png' }, { kind: 'pending' }],
  [
    { resultObject: { video: 'https://a.example/x.mp4', text: 'done' } },
    { urls: ['https://a.example/x.mp4'] },
  ],
])('of %j, frames alone are no result, a result object is', (result, expected) => {
  const data = { state: 'success', resultJson: JSON.stringify(result) };
  const raw = { httpStatus: 200, headers: {}, bodyText: JSON.stringify({ code: 200, data }) };
  expect(parseRecordReply(raw, ['resultJson', 'resultUrls'])).toMatchObject(expected);
});
