import { describe, expect, test } from 'vitest';
import { buildInput } from '../../../src/shared/models/build-input.ts';
import { identifyLink } from '../../../src/shared/models/identify-link.ts';
import { loadModels, parseModel } from '../../../src/shared/models/load-models.ts';
import {
  checkShared,
  type GivenInputs,
  InputError,
  resolveInputs,
} from '../../../src/shared/models/resolve-inputs.ts';

const models = loadModels({ extraFiles: [] });
const wan = models.get('wan/2-7-videoedit');
const topaz = models.get('topaz/video-upscale');
const happyhorse = models.get('happyhorse/video-edit');
const link = 'https://clips.example.com/a.mp4';

function idOf(given: GivenInputs, shared: GivenInputs = {}, model = wan): string {
  const resolved = resolveInputs(model, given, checkShared(model, shared));
  if (!resolved.ok) throw new Error(resolved.reason);
  const identified = identifyLink(model, link, resolved.inputs);
  return identified.ok ? identified.id : '';
}

test('a value of the row wins over one for all links, and that over the default', () => {
  const shared = checkShared(wan, { resolution: '720p', prompt: 'all' });
  expect(resolveInputs(wan, { prompt: 'own' }, shared)).toEqual({
    ok: true,
    inputs: { prompt: 'own', resolution: '720p' },
  });
  expect(resolveInputs(wan, { resolution: '1080P' }, shared)).toEqual({
    ok: true,
    inputs: { prompt: 'all' },
  });
  expect(resolveInputs(wan, { prompt: '  ' }, shared)).toMatchObject({ inputs: { prompt: 'all' } });
});

test('what a task gets: defaults, own inputs, and the video where the model wants it', () => {
  expect(buildInput(topaz, link, { upscale_factor: '4' })).toEqual({
    video_url: link,
    upscale_factor: '4',
    nsfw_checker: true,
  });
  expect(buildInput(models.get('wan/2-6-video-to-video'), link, { prompt: 'x' })).toEqual({
    video_urls: [link],
    prompt: 'x',
  });
});

test('the same link and inputs are one item in whatever order or form', () => {
  const id = idOf({ prompt: 'make it snow', seed: '7' });
  expect(idOf({ seed: 7, prompt: ' make it snow ' })).toBe(id);
  expect(idOf({ prompt: 'make it snow' }, { seed: '07' })).toBe(id);
  expect(idOf({ prompt: 'make it snow', seed: 7, resolution: '1080p', duration: 0 })).toBe(id);
  expect(idOf({ prompt: 'make it rain', seed: 7 })).not.toBe(id);
});

test('a link without its own inputs keeps its id', () => {
  const plain = identifyLink(topaz, link);
  expect(plain.ok && idOf({ upscale_factor: 2 }, {}, topaz)).toBe(plain.ok && plain.id);
  expect(plain.ok && plain.id).toMatch(/^h[0-9a-f]{20}$/);
  expect(idOf({ upscale_factor: 4 }, {}, topaz)).not.toBe(plain.ok && plain.id);
});

describe('a value that the model does not allow is named with its reason', () => {
  test.each<[GivenInputs, RegExp, string?]>([
    [{ resolution: '4k' }, /^resolution must be one of 720p, 1080p, not "4k"/],
    [{ seed: 'x' }, /^seed must be a number/],
    [{ seed: 1.5 }, /^seed must be a whole number/],
    [{ seed: -1 }, /^seed must be at least 0/],
    [{ duration: '11' }, /^duration must be at most 10/],
    [{ watermark: 'maybe' }, /^watermark must be true or false/],
    [{ prompt: 'x'.repeat(5001) }, /^prompt has 5001 characters; at most 5000 are allowed/],
    [{ reference_image: 'cat.png' }, /^reference_image must be an http or https address/],
    [{}, /^the input prompt is missing/, 'happyhorse/video-edit'],
    [{}, /^the inputs audio_url, mode are missing/, 'volcengine/video-to-video-lip-sync'],
    [
      {
        prompt: 'x',
        reference_image: 'https://a/1 https://a/2 https://a/3 https://a/4 https://a/5 https://a/6',
      },
      /^reference_image must contain at most 5/,
      'happyhorse/video-edit',
    ],
  ])('%j', (given, reason, id = wan.id) => {
    const resolved = resolveInputs(models.get(id), given, {});
    expect(resolved.ok ? 'allowed' : resolved.reason).toMatch(reason);
  });
});

test('lists are read from JSON, from text and as they are', () => {
  const images = ['https://a.example/1.png', 'https://a.example/2.png'];
  for (const given of [images, JSON.stringify(images), images.join(' '), images.join('\n')]) {
    expect(resolveInputs(happyhorse, { prompt: 'x', reference_image: given }, {})).toMatchObject({
      inputs: { reference_image: images },
    });
  }
});

test('values for all links are refused with every problem, before anything starts', () => {
  const check = () => checkShared(wan, { promt: 'x', video_url: 'y', resolution: '4k', prompt: '' });
  expect(check).toThrow(InputError);
  expect(check).toThrow(/no input promt: it takes prompt, negative_prompt/);
  expect(check).toThrow(/video_url is the video itself/);
  expect(check).toThrow(/resolution must be one of/);
  expect(check).toThrow(/prompt needs a value/);
});

test("constants of a user's file can be set like inputs", () => {
  const sharpen = parseModel(
    {
      id: 'acme/sharpen',
      link: { hosts: 'any' },
      input: { linkField: 'video', defaults: { strength: 2, format: 'mp4', fast: true } },
      creditsPerTask: 4,
    },
    'sharpen.json',
  );
  expect(buildInput(sharpen, link)).toEqual({ strength: 2, format: 'mp4', fast: true, video: link });
  expect(checkShared(sharpen, { strength: '4', fast: 'no' })).toEqual({ strength: 4, fast: false });
});

test.each([
  [{ a: { type: 'enum' } }, /is only allowed with the type enum/],
  [{ a: { type: 'string', required: true, default: 'x' } }, /never missing/],
  [{ a: { type: 'integer', default: '5' } }, /wrong type: write it as 5/],
  [{ a: { type: 'enum', values: ['x'], default: 'y' } }, /must be x/],
  [{ video: { type: 'string' } }, /must not name the link field/],
])('a definition with %j is refused', (inputs, message) => {
  const definition = {
    id: 'acme/odd',
    link: { hosts: 'any' },
    input: { linkField: 'video' },
    inputs,
    creditsPerTask: 1,
  };
  expect(() => parseModel(definition, 'odd.json')).toThrow(message);
});
