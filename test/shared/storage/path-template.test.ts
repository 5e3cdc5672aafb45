import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compilePathTemplate,
  DEFAULT_PATH_TEMPLATE,
  type PathFacts,
  safeName,
} from '../../../src/shared/storage/path-template.ts';
import { assertKey } from '../../../src/shared/storage/storage-key.ts';

const facts: PathFacts = {
  batch: 'monday',
  id: 's_1',
  model: 'topaz/video-upscale',
  index: 1,
  at: Date.UTC(2026, 8, 1),
  columns: { Title: 'Summer: trip?', 'Video Name': '..hidden', empty: ' ' },
};

function keyOf(template: string, changes: Partial<PathFacts> = {}): string {
  const compiled = compilePathTemplate(template);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled.path({ ...facts, ...changes });
}

test.each([
  [DEFAULT_PATH_TEMPLATE, {}, 'monday/s_1.mp4'],
  [DEFAULT_PATH_TEMPLATE, { index: 2 }, 'monday/s_1-2.mp4'],
  ['{date}/{id}.mp4', {}, '2026-09-01/s_1.mp4'],
  ['{date}/{batch}/{id}-{index}.mp4', { index: 3 }, '2026-09-01/monday/s_1-3.mp4'],
  ['all/{id}.mp4', {}, 'all/s_1.mp4'],
  ['{batch}/{column:title}-{id}.mp4', {}, 'monday/Summer_ trip_-s_1.mp4'],
  ['{column:video_name}/{id}.mp4', {}, 'hidden/s_1.mp4'],
  ['{column:empty}/{column:other}-{id}.mp4', {}, 'none/none-s_1.mp4'],
  ['{column:title}-{id}.mp4', { columns: { title: 'x'.repeat(500) } }, `${'x'.repeat(80)}-s_1.mp4`],
  ['{model}/{id}.mp4', { model: 'sora-watermark-remover' }, 'sora-watermark-remover/s_1.mp4'],
])('%s with %j is %s', (template, changes, key) => {
  expect(keyOf(template, changes)).toBe(key);
});

test.each([
  ['{batch}/{id}.webm', 'must end in .mp4'],
  ['{batch}/video.mp4', 'must contain {id}'],
  ['{batch}/{id}{nmae}.mp4', '{nmae} is not allowed in a path template'],
  ['{column:}/{id}.mp4', '{column:} is not allowed in a path template'],
  ['../{id}.mp4', 'not a valid name'],
  ['/srv/{id}.mp4', 'not a valid name'],
  ['a//{id}.mp4', 'not a valid name'],
  ['C:/{id}.mp4', 'not a valid name'],
  ['con/{id}.mp4', 'not a valid name'],
  ['a\\{id}.mp4', 'not a valid name'],
  ['.unfinished/{id}.mp4', 'not a valid name'],
  ['{batch/{id}.mp4', 'is not closed'],
])('the template %s is refused', (template, problem) => {
  expect(compilePathTemplate(template)).toEqual({ problem: expect.stringContaining(problem) });
});

test.each([
  ['../../etc', /^__\.\._etc~[0-9a-f]{12}$/],
  ['..', /^_~/],
  ['CON', /^CON~/],
  ['nul.txt', /^nul\.txt~/],
  ['a/b', /^a_b~/],
  ['a:b', /^a_b~/],
  ['trailing.', /^trailing_~/],
  ['.hidden', /^_hidden~/],
  ['-rf', /^_rf~/],
  ['', /^~/],
  ['é'.repeat(300), /^é+~/],
])('%j becomes a safe name', (text, expected) => {
  expect(safeName(text)).toMatch(expected);
});

test.each(['monday', 's_68e83bd7eee88191be79d2ba7158516f', 'März 2026', '日本語', 'a.b'])(
  '%s stays as it is',
  (text) => {
    expect(safeName(text)).toBe(text);
  },
);

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('.', '/', '\\', '~', '-', 'a', '\0', ' '), maxLength: 8 }),
  fc.constantFrom('CON', 'aux.mp4', '..', '.', '', '../..'),
);

test('a key never leaves the storage, whatever the facts say', () => {
  const templates = fc.constantFrom(
    DEFAULT_PATH_TEMPLATE,
    '{model}/{batch}/{date}/{id}-{index}.mp4',
    '{batch}{id}.mp4',
  );
  const anyFacts = fc.record({
    batch: anyText,
    id: anyText,
    model: anyText,
    index: fc.integer({ min: 1, max: 99 }),
  });
  fc.assert(
    fc.property(templates, anyFacts, (template, changes) => {
      const key = keyOf(template, changes);
      assertKey(key);
      expect(resolve('/storage', key).startsWith(`/storage${sep}`)).toBe(true);
      for (const segment of key.split('/')) expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(210);
    }),
  );
});

test('two items never share a key', () => {
  fc.assert(
    fc.property(anyText, anyText, (first, second) => {
      fc.pre(first !== second);
      expect(keyOf(DEFAULT_PATH_TEMPLATE, { id: first })).not.toBe(
        keyOf(DEFAULT_PATH_TEMPLATE, { id: second }),
      );
    }),
  );
});
