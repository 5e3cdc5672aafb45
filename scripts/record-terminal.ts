/**
 * Makes the README's terminal recording, docs/screenshots/run.svg: a list is downloaded from the simulated vendor, one
 * link of it fails, and `status` is asked. Run with: npx node scripts/record-terminal.ts
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../src/simulator/simulator.ts';
import { animatedSvg } from './terminal/animated-svg.ts';
import { framesOf } from './terminal/frames.ts';
import { record } from './terminal/record.ts';

const size = { columns: 84, rows: 17 };
const target = join(import.meta.dirname, '../docs/screenshots/run.svg');
const main = join(import.meta.dirname, '../src/cli/main.ts');
const apiKey = 'recording-key';
const links = 40;
const linkOf = (n: number) => `https://sora.chatgpt.com/p/s_${(0x68e83bd7 + n).toString(16).padEnd(32, '0')}`;

const folder = await mkdtemp(join(tmpdir(), 'kie-batch-recording-'));
await using simulator = await startSimulator({
  apiKey,
  limit: { max: 12, windowMs: 2000 },
  taskTime: '1s-4s',
  linkFaults: [{ contains: linkOf(17), fault: 'create-rejected' }],
});
const environment = {
  KIE_API_KEY: apiKey,
  KIE_BASE_URL: simulator.url,
  KIE_UPLOAD_URL: simulator.url,
  DATA_DIR: './data',
  STORAGE_URL: 'file:./videos',
  QUEUE_PREFIX: `{recording-${process.pid}}`,
  ALLOW_PRIVATE_ADDRESSES: 'true',
  SUBMIT_LIMIT: '12/2s',
  LOG_LEVEL: 'error',
};
try {
  await writeFile(
    join(folder, 'links.txt'),
    Array.from({ length: links }, (_, n) => `${linkOf(n)}\n`).join(''),
  );
  const typed = ['run links.txt', 'status links'].map((words) => ({
    shown: `kie-batch ${words}`,
    command: `${process.execPath} ${main} ${words}`,
    answer: { to: '[Y/n]', keys: 'y\r' },
  }));
  const chunks = await record(typed, size, { cwd: folder, environment });
  // Where the script happens to run is nobody's business.
  const told = chunks.map(({ atMs, text }) => ({ atMs, text: text.replaceAll(folder, '~') }));
  const frames = await framesOf(told, size);
  await writeFile(target, animatedSvg(frames, size, 'kie-batch run links.txt, then kie-batch status links'));
  process.stderr.write(`${target}: ${frames.length} pictures\n`);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
