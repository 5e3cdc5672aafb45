/** What is read of any reply's body, and what is said of one that cannot be read. */
import { describe, expect, it } from 'vitest';
import {
  describeRaw,
  isHttpUrl,
  opened,
  parseJson,
  readEnvelope,
  readFields,
  readNumber,
  readTaskId,
  readText,
  shorten,
} from '../../../src/shared/vendor/reply-body.ts';

describe('a reply', () => {
  it.each<[string, unknown]>([
    ['{"code":200,"msg":"ok","message":"older"}', { code: 200, message: 'ok' }],
    ['\uFEFF{"code":" -1.25 ","message":"older"}', { code: -1.25, message: 'older' }],
    ['{"code":{},"msg":7}', { code: undefined, message: '' }],
    ['[]', null],
    ['{"a":"\uFEFF"}', { fields: { a: '\uFEFF' } }],
    ['{', null],
  ])('%s is read', (text, expected) => {
    const envelope = readEnvelope(text);
    if (expected === null) expect(envelope).toBeNull();
    else expect(envelope).toMatchObject(expected as object);
  });

  it.each<[unknown, number | null]>([
    [7.5, 7.5],
    ['7', 7],
    [' -7.123456789\n', -7.123456789],
    ['x7', null],
    ['7x', null],
    ['7 7', null],
    ['1e3', null],
    ['', null],
    [null, null],
    [true, null],
  ])('says the number %j: %j', (value, expected) => {
    expect(readNumber(value)).toBe(expected);
  });

  it.each<[unknown, string]>([
    [422, '422'],
    [' two\n\u0007lines ', 'two lines'],
    [null, ''],
    [{}, ''],
  ])('says the text %j: %j', (value, expected) => {
    expect(readText(value)).toBe(expected);
  });

  it.each([undefined, null, 'text', 7, [1]])('has no fields in %j', (value) => {
    expect(readFields(value)).toEqual({});
  });

  it.each<[string, object, string | null | undefined]>([
    ['a word with a digit', { data: 'abc1' }, 'abc1'],
    ['a sentence with a digit', { data: 'task 1 made' }, undefined],
    ['a path', { data: 'a/1' }, undefined],
    ['a sentence that ends like an id', { data: 'made abc1' }, undefined],
    ['a number', { data: 12 }, undefined],
    ['nothing but empty places', { data: { taskId: '', id: null }, taskId: null }, undefined],
    ['what is no id', { data: { taskId: {} } }, null],
    ['an empty place before a full one', { data: { taskId: '' }, taskId: 'b1' }, 'b1'],
  ])('names a task by %s', (_, body, expected) => {
    expect(readTaskId({ data: undefined, fields: { ...body }, ...body })).toBe(expected);
  });

  it('is opened however often it is packed, and is itself where it is not', () => {
    for (const packed of [{ a: 1 }, '{"a":1}', JSON.stringify('{"a":1}')])
      expect(opened(packed)).toEqual({ a: 1 });
    expect([opened('text'), opened(7), opened(null)]).toEqual(['text', 7, null]);
    expect(parseJson('{')).toBeUndefined();
  });

  it('holds web addresses that are not endless', () => {
    const endless = `https://a.example/${'x'.repeat(8_192)}`;
    expect(['http://a.example', 'https://a.example', endless.slice(0, 8_192)].every(isHttpUrl)).toBe(true);
    for (const value of [endless.slice(0, 8_193), 'ftp://a.example', 'a.example', 7, ['https://a.example']])
      expect(isHttpUrl(value)).toBe(false);
  });

  it('is described in one short line', () => {
    expect(describeRaw({ httpStatus: 502, headers: {}, bodyText: ' ' })).toBe(
      'HTTP 502 without a readable body',
    );
    const page = describeRaw({ httpStatus: 502, headers: {}, bodyText: `<p>${' '.repeat(600)}late` });
    expect(page).toBe('HTTP 502 without a readable body: <p>');
    const long = describeRaw({ httpStatus: 502, headers: {}, bodyText: 'x'.repeat(900) });
    expect(long).toBe(`HTTP 502 without a readable body: ${'x'.repeat(120)}`);
    expect(shorten(`  ${'y'.repeat(3000)}  `)).toBe('y'.repeat(500));
    expect(shorten(`a${' '.repeat(2000)}b`)).toBe('a');
  });
});
