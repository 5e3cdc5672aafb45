/** What a record's `param` says its task was made with. */
import { expect, it } from 'vitest';
import { readRecordOrigin } from '../../../src/shared/vendor/record-origin.ts';

const callbackUrl = 'https://host/callback/x';
const video_url = 'https://sora.chatgpt.com/p/s_1';

it.each<[string, unknown, [string | null, string[]]]>([
  ['an object inside', { callBackUrl: callbackUrl, input: { video_url } }, [callbackUrl, [video_url]]],
  [
    'JSON inside',
    { callBackUrl: callbackUrl, input: JSON.stringify({ video_url }) },
    [callbackUrl, [video_url]],
  ],
  ['a list of videos', { input: { video_urls: [video_url, 1], mode: 'x' } }, [null, [video_url]]],
  ['no input', { callBackUrl: callbackUrl }, [callbackUrl, []]],
])('is read with %s', (_, param, [url, links]) => {
  expect(readRecordOrigin({ param: JSON.stringify(param) })).toMatchObject({ callbackUrl: url, links });
});

it.each([undefined, null, '', '{', '[]', '{}', 7, '{"input":"{"}', '{"callBackUrl":{},"input":[]}'])(
  'is unknown for param %j',
  (param) => {
    expect(readRecordOrigin({ param })).toBeNull();
  },
);

it('holds the model, the inputs and every web address among them, a bounded number', () => {
  const input = { video_url, image: 'HTTP://host/a.png', prompt: 'see https://host/b', mode: 'x' };
  const param = JSON.stringify({ model: 'm', input });
  expect(readRecordOrigin({ param })).toEqual({
    callbackUrl: null,
    model: 'm',
    links: [video_url, input.image],
    input,
  });
  const many = Array.from({ length: 60 }, (_, n) => `https://host/${n}`);
  const origin = readRecordOrigin({ param: { model: 7, input: { a: many, b: many } } });
  expect(origin).toMatchObject({ model: null, links: many.slice(0, 50) });
});
