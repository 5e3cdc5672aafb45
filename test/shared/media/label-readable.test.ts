/** The label as other programs see it. Skipped where exiftool or ffmpeg is not installed. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIGITAL_SOURCE_TYPE, type Disclosure } from '../../../src/shared/media/disclosure.ts';
import { uuidBox } from '../../../src/shared/media/kinds/box-header.ts';
import { XMP_UUID } from '../../../src/shared/media/kinds/mp4.ts';
import { type MediaKind, mediaKinds } from '../../../src/shared/media/media-kind.ts';
import { edited } from './edited.ts';
import { sampleOf } from './samples.ts';
import { walk } from './walk.ts';

const run = promisify(execFile);
const missing = ['exiftool', 'ffmpeg', 'ffprobe'].filter(
  (name) => spawnSync(name, ['-version']).error !== undefined,
);
if (missing.length > 0)
  console.warn(`skipped: ${missing.join(', ')} not installed (libimage-exiftool-perl, ffmpeg)`);

const disclosure: Disclosure = {
  link: 'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f?x=1&y="é"',
  taskId: 'ee9c2715375b7837f8bb51d641ff5863',
  model: 'sora-watermark-remover',
  tool: 'kie-batch 0.1.0',
};

describe.skipIf(missing.length > 0)('the label', () => {
  let folder: string;
  let plain: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kie-batch-label-'));
    const file = join(folder, 'plain.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc=d=1:s=128x72:r=10'];
    await run('ffmpeg', ['-loglevel', 'error', '-y', ...source, '-pix_fmt', 'yuv420p', file]);
    plain = await readFile(file);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function label(bytes: Buffer, name: string): Promise<string> {
    const walked = walk(bytes);
    if (walked.kind === 'broken') throw new Error(walked.message);
    const file = join(folder, name);
    await writeFile(file, await edited(bytes, walked.facts.labelEdits(disclosure)));
    return file;
  }

  async function exiftool(file: string): Promise<Record<string, unknown>> {
    const { stdout } = await run('exiftool', ['-json', '-G0', '-charset', 'utf8', file]);
    return JSON.parse(stdout)[0];
  }

  /** Every frame's checksum: what a player would see. */
  async function frames(file: string): Promise<string> {
    return (await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'framemd5', '-'])).stdout;
  }

  test('says to exiftool what it is and where it came from', async () => {
    const tags = await exiftool(await label(plain, 'labelled.mp4'));
    expect(tags).toMatchObject({
      'XMP:DigitalSourceType': DIGITAL_SOURCE_TYPE,
      'XMP:Source': disclosure.link,
      'XMP:CreatorTool': disclosure.tool,
      'XMP:TaskId': disclosure.taskId,
    });
    expect(tags).not.toHaveProperty('ExifTool:Warning');
  });

  test('says so to ffprobe, and every frame is as before', async () => {
    const file = await label(plain, 'probed.mp4');
    const { stdout, stderr } = await run('ffprobe', [
      '-v',
      'warning',
      '-export_xmp',
      '1',
      '-show_format',
      '-of',
      'json',
      file,
    ]);
    expect(JSON.parse(stdout).format.tags.xmp).toContain(DIGITAL_SOURCE_TYPE);
    expect(stderr).toBe('');
    expect(await frames(file)).toBe(await frames(join(folder, 'plain.mp4')));
  });

  test('keeps what an earlier XMP packet said', async () => {
    const theirs = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"><dc:source>elsewhere</dc:source><dc:rights>somebody</dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>`;
    const before = Buffer.concat([plain, uuidBox(XMP_UUID, Buffer.from(theirs))]);
    const tags = await exiftool(await label(before, 'merged.mp4'));
    expect(tags).toMatchObject({
      'XMP:DigitalSourceType': DIGITAL_SOURCE_TYPE,
      'XMP:Rights': 'somebody',
      'XMP:Source': 'elsewhere',
      'XMP:SourceLink': disclosure.link,
    });
    expect(tags).not.toHaveProperty('ExifTool:Warning');
  });

  test('keeps what exiftool itself wrote into it', async () => {
    const file = join(folder, 'written.mp4');
    await writeFile(file, plain);
    await run('exiftool', ['-overwrite_original', '-XMP-dc:Title=A title', '-XMP-dc:Creator=Somebody', file]);
    const labelled = await label(await readFile(file), 'rewritten.mp4');
    expect(await exiftool(labelled)).toMatchObject({
      'XMP:DigitalSourceType': DIGITAL_SOURCE_TYPE,
      'XMP:Title': 'A title',
      'XMP:Creator': 'Somebody',
    });
    expect(await frames(labelled)).toBe(await frames(join(folder, 'plain.mp4')));
  });

  const kinds = (Object.keys(mediaKinds) as MediaKind[]).map((kind) => [kind, mediaKinds[kind]] as const);
  test.each(kinds.filter(([, { label }]) => label !== 'none'))(
    'of a %s is read by exiftool, and what is shown stays the same',
    async (kind, { ending }) => {
      const plainFile = join(folder, `sample${ending}`);
      const bytes = await sampleOf(kind);
      await writeFile(plainFile, bytes);
      const file = await label(bytes, `labelled-${kind}${ending}`);
      const tags = await exiftool(file);
      expect(tags).toMatchObject({
        'XMP:DigitalSourceType': DIGITAL_SOURCE_TYPE,
        'XMP:Source': disclosure.link,
      });
      expect(tags).not.toHaveProperty('ExifTool:Warning');
      expect(await frames(file)).toBe(await frames(plainFile));
      expect(walk(await readFile(file))).toMatchObject({ kind: 'whole', facts: { kind } });
    },
  );

  test.each(['png', 'jpeg', 'webp', 'gif'] as const)(
    'of a %s that exiftool has written XMP into keeps what it says, once',
    async (kind) => {
      const file = join(folder, `written${mediaKinds[kind].ending}`);
      await writeFile(file, await sampleOf(kind));
      await run('exiftool', [
        '-overwrite_original',
        '-XMP-dc:Title=A title',
        '-XMP-dc:Creator=Somebody',
        file,
      ]);
      const labelled = await label(await readFile(file), `rewritten${mediaKinds[kind].ending}`);
      const tags = await exiftool(labelled);
      expect(tags).toMatchObject({
        'XMP:DigitalSourceType': DIGITAL_SOURCE_TYPE,
        'XMP:Title': 'A title',
        'XMP:Creator': 'Somebody',
      });
      expect(tags).not.toHaveProperty('ExifTool:Warning');
      expect(await frames(labelled)).toBe(await frames(file));
    },
  );

  test('of a movie with padding behind it goes before the padding', async () => {
    const file = await label(Buffer.concat([plain, Buffer.alloc(700)]), 'padded.mp4');
    expect(await exiftool(file)).toMatchObject({ 'XMP:DigitalSourceType': DIGITAL_SOURCE_TYPE });
    expect(await frames(file)).toBe(await frames(join(folder, 'plain.mp4')));
  });
});
