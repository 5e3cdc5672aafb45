/**
 * One reading of one file, in a process of its own, so that the peak of memory is that of the reading alone:
 * `node reading.ts list|readline FILE` prints what it measured as JSON. Started by `run.ts`.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { openListFiles } from '../../src/producer/lists/open-list-files.ts';
import { readList } from '../../src/producer/lists/read-list.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';

const model = loadModels({ extraFiles: [] }).get('sora-watermark-remover');
const [how, path = ''] = process.argv.slice(2);
const startedMs = performance.now();
const found = how === 'list' ? await readWithList(path) : await readWithReadline(path);
const elapsedMs = performance.now() - startedMs;
// maxRSS is in KiB.
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ ...found, elapsedMs, peakRssBytes }));

async function readWithList(file: string): Promise<{ links: number; problems: number }> {
  let links = 0;
  let problems = 0;
  for (const source of openListFiles([file], process.stdin)) {
    for await (const entries of readList(source, model)) {
      for (const entry of entries) {
        if (entry.kind === 'link') links += 1;
        else problems += 1;
      }
    }
  }
  return { links, problems };
}

/** The least anybody does: every line as a string, nothing parsed. */
async function readWithReadline(file: string): Promise<{ links: number; problems: number }> {
  let links = 0;
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.includes('https://')) links += 1;
  }
  return { links, problems: 0 };
}
