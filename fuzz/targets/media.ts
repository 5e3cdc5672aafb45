/** Results of every kind, as they are walked on their way to the storage, and what is read of their headers. */
import { createInspection } from '../../src/shared/media/inspection.ts';
import { mediaKinds } from '../../src/shared/media/media-kind.ts';
import { mergePacket, readOwnWords, writePacket } from '../../src/shared/media/xmp-packet.ts';
import { readLength } from '../../src/shared/video-length/read-length.ts';
import { sampleOf } from '../../test/shared/media/samples.ts';
import { mutated } from '../mutated.ts';
import type { Target } from '../target.ts';

const pieceBytes = 64 * 1024;
const disclosure = { link: 'https://example.com/v', taskId: 't', model: 'm', tool: 'kie-batch' };

export async function mediaTargets(): Promise<Target[]> {
  const kinds = Object.keys(mediaKinds) as (keyof typeof mediaKinds)[];
  const samples = await Promise.all(kinds.map(sampleOf));
  const heads = samples.flatMap((sample) => [sample.subarray(0, 1500), sample]);
  const boxes = [
    'moov',
    'mvhd',
    'trak',
    'stsz',
    'mdat',
    'uuid',
    'free',
    'IHDR',
    'iTXt',
    'RIFF',
    'WEBP',
    '\xff\xd8\xff\xe1',
  ];
  return [
    { name: 'media', cases: mutated(heads, boxes), run: walk },
    {
      name: 'media-length',
      cases: mutated(
        samples.map((sample) => sample.subarray(0, 3000)),
        boxes,
      ),
      run: async (bytes) => {
        const seconds = await readLength(async (from) => bytes.subarray(from, from + pieceBytes));
        if (seconds !== null && !(Number.isFinite(seconds) && seconds >= 0))
          throw new Error(`lasts ${seconds} s`);
      },
    },
    {
      name: 'xmp',
      cases: mutated([writePacket(disclosure)], ['<rdf:', '<kiebatch:', 'DigitalSourceType']),
      run: readPacket,
    },
  ];
}

function walk(bytes: Buffer): void {
  const inspection = createInspection();
  const step = 1 + (bytes.length % 4096);
  for (let at = 0; at < bytes.length; at += step)
    if (inspection.push(bytes.subarray(at, at + step)) !== undefined) return;
  inspection.end();
}

function readPacket(bytes: Buffer): void {
  const text = bytes.toString();
  readOwnWords(text);
  mergePacket(text, disclosure);
}
