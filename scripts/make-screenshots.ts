/**
 * Makes the README's screenshots into docs/screenshots: a busy system on the simulated vendor, a batch with
 * failures, a saved video, a halt, on a desk and on a phone. Needs a Redis (REDIS_URL, or the local one) and
 * chromium. Run with: npx node scripts/make-screenshots.ts [path of chromium]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { openServer } from '../src/app/open-server.ts';
import { openOperatorPages } from '../src/app/operator-pages.ts';
import { openSession, type Session } from '../src/app/session.ts';
import { loadConfiguration } from '../src/shared/configuration/configuration.ts';
import { stages } from '../src/shared/jobs/catalogue.ts';
import { rootOf } from '../src/shared/storage/storage-root.ts';
import { startSimulator } from '../src/simulator/simulator.ts';

const folder = await mkdtemp(join(tmpdir(), 'kie-batch-screenshots-'));
const target = join(import.meta.dirname, '..', 'docs', 'screenshots');
const apiKey = 'screenshots-key';
const model = 'sora-watermark-remover';
const batches = [
  { name: 'holiday-clips', first: 1, count: 240 },
  { name: 'trailers-2026', first: 2000, count: 90 },
];
/** Long enough for the charts to show something. */
const busyMs = 60_000;

await mkdir(target, { recursive: true });
await using simulator = await startSimulator({
  apiKey,
  limit: { max: 20, windowMs: 10_000 },
  taskTime: '4s-9s',
  credits: 4200,
});
const loaded = loadConfiguration({
  KIE_API_KEY: apiKey,
  KIE_BASE_URL: simulator.url,
  KIE_UPLOAD_URL: simulator.url,
  QUEUE_PREFIX: `{screenshots-${process.pid}}`,
  DATA_DIR: join(folder, 'data'),
  STORAGE_URL: `file:${join(folder, 'videos')}`,
  ALLOW_PRIVATE_ADDRESSES: 'true',
  SUBMIT_LIMIT: '20/10s',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '0',
  LOG_LEVEL: 'error',
});
const say = (text: string) => process.stderr.write(`${text}\n`);
const terminal = {
  json: () => undefined,
  print: say,
  say,
  divert: () => undefined,
  warn: () => true,
  verbosity: 'usual' as const,
  isWatched: false,
};
const session = await openSession({ loaded, output: terminal, modelFiles: [], logTo: 'standard-error' });
const pages = await openOperatorPages(session);
const server = await openServer(session, { hasPages: true, pages: [pages.routes] });
const worker = await session.startWorker(stages);
const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  for (const batch of batches) await give(session, batch, rootOf(worker.storage));
  await failSome(session);
  worker.nudge();
  say(`A minute of work first, at ${server.url}`);
  await new Promise((resolve) => setTimeout(resolve, busyMs));
  await shoot('overview', '/');
  await shoot('overview-dark', '/', { dark: true });
  await shoot('phone', '/', { width: 390, height: 844, isWhole: false });
  await shoot('batch', '/batches/holiday-clips');
  await shoot('item', `/items/${await firstSaved(session)}`);
  await shoot('new-batch', '/new', { before: pasteLinks });
  simulator.settings({ credits: 0 });
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  await shoot('halt', '/', { isWhole: false });
} finally {
  await browser.close();
  await worker.stop(500);
  await server.close();
  await pages.close();
  await session.close();
  await rm(folder, { recursive: true, force: true });
}

function idOf(n: number): string {
  return `s_${(n * 2_654_435_761).toString(16).padStart(16, '6')}${(n * 40_503 + 977).toString(16).padStart(16, 'a')}`;
}

async function give(
  { ledger }: Session,
  { name, first, count }: (typeof batches)[number],
  root: string,
): Promise<void> {
  await ledger.openBatch(name, { model, root });
  const ids = Array.from({ length: count }, (_, n) => idOf(first + n));
  await ledger.enqueue(
    name,
    ids.map((id) => ({ id, url: `https://sora.chatgpt.com/p/${id}` })),
  );
}

async function failSome({ ledger }: Session): Promise<void> {
  for (let n = 200; n < 214; n += 1)
    await ledger.move('fail', idOf(n), { reason: 'rejected', message: 'video_url is not accessible' });
  for (let n = 214; n < 219; n += 1)
    await ledger.move('fail', idOf(n), {
      reason: 'generation-failed',
      message: `501 generate failed, code ${n}`,
    });
}

async function firstSaved({ ledger }: Session): Promise<string> {
  for await (const page of ledger.items('holiday-clips')) {
    const saved = page.find(({ state }) => state === 'saved');
    if (saved) return saved.id;
  }
  return '';
}

interface Shot {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly isWhole?: boolean;
  readonly before?: (page: Page) => Promise<void>;
}

async function shoot(name: string, path: string, shot: Shot = {}): Promise<void> {
  const { dark = false, width = 1280, height = 900, isWhole = false, before } = shot;
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    deviceScaleFactor: 1.5,
  });
  await page.goto(`${server.url}${path}`);
  await before?.(page);
  await page.waitForTimeout(2500);
  await page.screenshot({ path: join(target, `${name}.png`), fullPage: isWhole });
  await page.close();
}

async function pasteLinks(page: Page): Promise<void> {
  const links = Array.from({ length: 12 }, (_, n) => `https://sora.chatgpt.com/p/${idOf(9000 + n)}`);
  await page.getByLabel('Name').fill('autumn');
  await page
    .getByLabel('Links, one a line')
    .fill([...links, 'https://example.com/film', 'not a link'].join('\n'));
  await page.getByRole('button', { name: 'Check' }).click();
}
