import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildInput, vendorModelName } from '../../../src/shared/models/build-input.ts';
import { loadModels, ModelError } from '../../../src/shared/models/load-models.ts';

const MINIMAL = {
  id: 'acme/sharpen',
  link: { hosts: 'any' },
  input: { linkField: 'video' },
  creditsPerTask: 3,
};

/** Writes a model file for the running test; returns its path. */
function modelFile(content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), 'kie-batch-models-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'model.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function errorOf(...extraFiles: string[]): ModelError {
  try {
    loadModels({ extraFiles });
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error('the files were accepted');
}

test('a model of the market is its file alone: no code knows one by name, but for examples', () => {
  const source = join(import.meta.dirname, '../../../src');
  const ids = loadModels({ extraFiles: [] })
    .list()
    .map(({ id }) => id)
    .filter((id) => id !== 'sora-watermark-remover');
  const code = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(ts|js|lua)$/.test(file),
  );
  const knowing = code.filter((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    return ids.some((id) => text.includes(id));
  });
  expect(knowing.sort()).toEqual(['cli/commands/demo.ts', 'cli/examples.ts']);
});

test('the shipped models are there, the default first', () => {
  const models = loadModels({ extraFiles: [] });
  expect(models.list().map(({ id }) => id)).toEqual([
    'sora-watermark-remover',
    'happyhorse/video-edit',
    'kling-2.6/motion-control',
    'kling-3.0/motion-control',
    'kling-3.0-omni/transformation',
    'topaz/video-upscale',
    'volcengine/video-to-video-lip-sync',
    'wan/2-2-animate-move',
    'wan/2-2-animate-replace',
    'wan/2-6-flash-video-to-video',
    'wan/2-6-video-to-video',
    'wan/2-7-videoedit',
  ]);
});

test('the input always names the defaults', () => {
  const models = loadModels({ extraFiles: [] });
  expect(buildInput(models.get('sora-watermark-remover'), 'https://a')).toEqual({
    video_url: 'https://a',
    upload_method: 's3',
  });
  expect(buildInput(models.get('topaz/video-upscale'), 'https://a')).toEqual({
    video_url: 'https://a',
    upscale_factor: '2',
    nsfw_checker: true,
  });
});

test('an unknown model is answered with the known ones', () => {
  const models = loadModels({ extraFiles: [modelFile(MINIMAL)] });
  expect(() => models.get('sora')).toThrow(
    /There is no model "sora"\. Known: sora-watermark-remover, .*topaz\/video-upscale, .*acme\/sharpen\./,
  );
});

test("a user's file needs little; the rest has defaults", () => {
  const model = loadModels({ extraFiles: [modelFile(`\uFEFF${JSON.stringify(MINIMAL)}`)] }).get(
    'acme/sharpen',
  );
  expect(model).toMatchObject({
    createPath: '/api/v1/jobs/createTask',
    recordPath: '/api/v1/jobs/recordInfo',
    link: { maxLength: 500 },
    resultPath: ['resultJson', 'resultUrls'],
    typicalMs: 60_000,
    deadlineMs: 3_600_000,
    probe: null,
  });
  expect(vendorModelName(model)).toBe('acme/sharpen');
});

test("two settings of one model of the vendor's are two models", () => {
  const file = modelFile({ ...MINIMAL, id: 'topaz-4x', vendorModel: 'topaz/video-upscale' });
  expect(vendorModelName(loadModels({ extraFiles: [file] }).get('topaz-4x'))).toBe('topaz/video-upscale');
});

describe('a file that is wrong is named, with every problem in it', () => {
  test.each<[string, unknown, RegExp[]]>([
    ['no JSON', '{"id": ', [/cannot be read as JSON/]],
    ['a list', [], [/expected object/i]],
    ['a mistyped field', { ...MINIMAL, creditPerTask: 3 }, [/creditPerTask/]],
    [
      'two problems',
      { ...MINIMAL, id: 'Has Space', createPath: 'https://x' },
      [/lower-case letters/, /at createPath/],
    ],
    ['a path that leads elsewhere', { ...MINIMAL, createPath: '/../secret' }, [/must not contain/]],
    ['a host with a scheme', { ...MINIMAL, link: { hosts: ['https://a.example'] } }, [/hosts/]],
    ['no hosts', { ...MINIMAL, link: {} }, [/"any" or a list of hosts/]],
    [
      'a share rule outside the default model',
      { ...MINIMAL, link: { hosts: 'any', share: { path: '/p/', idPattern: 'x' } } },
      [/must never share item ids/],
    ],
    [
      'a pattern that is none',
      { ...MINIMAL, link: { hosts: 'any', share: { path: '/p/', idPattern: '(' } } },
      [/regular expression/],
    ],
    [
      'the link among the defaults',
      { ...MINIMAL, input: { linkField: 'video', defaults: { video: 'x' } } },
      [/must not contain the link field/],
    ],
    [
      'a deadline before the typical time',
      { ...MINIMAL, typicalMs: 5_000, deadlineMs: 5_000 },
      [/longer than typicalMs/],
    ],
    ['negative credits', { ...MINIMAL, creditsPerTask: -1 }, [/at creditsPerTask/]],
    [
      'an id that exists',
      { ...MINIMAL, id: 'topaz/video-upscale' },
      [/already exists/, /"vendorModel": "topaz\/video-upscale"/],
    ],
  ])('%s', (_, content, messages) => {
    const file = modelFile(content);
    const error = errorOf(file);
    expect(error.code).toBe('model-file-invalid');
    expect(error.message).toContain(file);
    for (const message of messages) expect(error.message).toMatch(message);
  });

  test('a file that does not exist', () => {
    expect(errorOf('/nowhere/model.json').message).toMatch(/^\/nowhere\/model\.json cannot be read/);
  });
});
