/**
 * The operator's window in a real browser: followed live from the first link to the last saved video, through a
 * halt, a failed group picked up again, a search, a paste of 1,000 links, and a Redis that is away. Needs
 * chromium (Debian's package), and is skipped with a word where there is none.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hastenProbe, listHalts } from '../../src/shared/gate-state/halts.ts';
import { shareLink } from '../setup/system.ts';
import { makeVideo } from '../setup/video-host.ts';
import { openWindow, type TestWindow } from './window.ts';

/** One that runs: what some systems install under the name only says where to get it. */
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => spawnSync(path, ['--version']).status === 0,
);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
if (program === undefined) console.warn('Skipped: no chromium here (Debian: apt-get install chromium)');

/** The rules that a colour scheme can make a difference to. */
const colourRules = ['color-contrast', 'link-in-text-block'];

const axeResult = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })),
    }),
  ),
});

describe.skipIf(program === undefined)('the operator’s window in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: program ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(() => browser.close());

  async function open(url: string, options: { width?: number } = {}) {
    const { width = 1280 } = options;
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.setDefaultTimeout(240_000);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => dialog.accept());
    await page.goto(url);
    return { page, complaints, [Symbol.asyncDispose]: () => page.close() };
  }

  /**
   * Injected past the page's policy, which rightly lets no foreign script in.
   * @param runOnly names of rules; else all
   */
  async function accessibilityIssues(page: Page, runOnly?: readonly string[]): Promise<string[]> {
    // Of a server that is slow to answer the page shows faded figures, with less contrast.
    const faded = '#connection:is([data-state="away"], [data-state="lost"])';
    await page.locator(faded).waitFor({ state: 'detached' });
    if (await page.evaluate('!("axe" in window)')) await page.evaluate(axeSource);
    const options = JSON.stringify({ resultTypes: ['violations'], runOnly });
    const found = axeResult.parse(await page.evaluate(`axe.run(document, ${options})`));
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  }

  /** On a busy machine a page is answered before the work is done, and says so. */
  async function countsOf({ system }: TestWindow, batch: string) {
    return (await system.session.ledger.batch(batch))?.counts;
  }

  /** So that the test need not wait for the probe's usual time. */
  async function hasten({ system }: TestWindow): Promise<void> {
    const { redis, configuration } = system.session;
    for (const each of await listHalts({ redis, prefix: configuration.QUEUE_PREFIX }))
      await hastenProbe({ redis, prefix: configuration.QUEUE_PREFIX }, each, 0);
  }

  it('follows a batch from the first link to the last saved video, which plays', async () => {
    await using window = await openWindow({ simulator: { taskTime: '400ms' } });
    await using tab = await open(window.url);
    await tab.page.getByText('Nothing to do yet').waitFor();
    const [id = ''] = await window.system.give(12);
    await tab.page.locator('.headline').getByText('No worker is running').waitFor();
    await window.system.startWorker();
    await tab.page.getByText('Finished: 12 saved.').waitFor();
    expect(await tab.page.locator('#connection').textContent()).toBe('Live');
    await tab.page.locator('.chart canvas').first().waitFor();
    await tab.page.getByRole('link', { name: 'test', exact: true }).click();
    await tab.page.getByRole('link', { name: id }).click();
    await tab.page.getByText('Saved: verified and stored').waitFor();
    await expect.poll(() => tab.page.evaluate('document.querySelector("video").duration')).toBeGreaterThan(0);
    await tab.page.evaluate(`new Promise((sought) => {
      const video = document.querySelector('video');
      video.addEventListener('seeked', sought, { once: true });
      video.currentTime = video.duration * 0.8;
    })`);
    expect(await tab.page.evaluate('document.querySelector("video").currentTime')).toBeGreaterThan(0);
    expect(tab.complaints).toEqual([]);
  });

  it('shows a halt in words with what to do, and that it is over', async () => {
    await using window = await openWindow({ simulator: { credits: 0 } });
    await window.system.give(3);
    await using tab = await open(window.url);
    await window.system.startWorker();
    const halt = tab.page.getByRole('alert');
    await halt.getByText('Halted: no-credits').waitFor();
    expect(await halt.textContent()).toContain('Top up the account.');
    expect(await halt.textContent()).toMatch(/Credits insufficient/);
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    window.system.simulator.settings({ credits: 1000 });
    await hasten(window);
    await tab.page.getByText('Finished: 3 saved.').waitFor();
    expect(await halt.count()).toBe(0);
  });

  it('retries a failed group after showing what that pays', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(30);
    for (const id of ids.slice(0, 8))
      await window.system.session.ledger.move('fail', id, {
        reason: 'rejected',
        message: 'video <b>gone</b> 404',
      });
    for (const id of ids.slice(8, 10))
      await window.system.session.ledger.move('fail', id, { reason: 'task-timeout', message: 'an hour' });
    await using tab = await open(`${window.url}/batches/test`);
    const row = tab.page.getByRole('row', { name: /rejected/ }).first();
    expect(await row.textContent()).toContain('video <b>gone</b> 404');
    await row.getByRole('link', { name: 'Retry' }).click();
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    await tab.page.getByRole('button', { name: 'Retry 8 links' }).click();
    await tab.page.getByText(/8 links will be retried|Links are being retried/).waitFor();
    await expect.poll(() => countsOf(window, 'test')).toMatchObject({ failed: 2, queued: 28 });
    expect(tab.complaints).toEqual([]);
  });

  it('finds one link among 100,000 by a part of its id, its link and its task', async () => {
    await using window = await openWindow();
    await window.system.give(0);
    for (let from = 0; from < 100_000; from += 5000) {
      const links = Array.from({ length: 5000 }, (_, n) => shareLink(from + n)).map((url) => ({
        id: url.slice(url.lastIndexOf('/') + 1),
        url,
      }));
      await window.system.session.ledger.enqueue('test', links);
    }
    const wanted = shareLink(77_777);
    const id = wanted.slice(wanted.lastIndexOf('/') + 1);
    await window.system.session.ledger.move('beginSubmit', id);
    await window.system.session.ledger.move('recordTask', id, { taskId: 'task-of-77777' });
    await using tab = await open(`${window.url}/batches/test`);
    for (const text of [wanted, 'task-of-77777', id.slice(-7)]) {
      await tab.page.getByRole('searchbox').fill(text);
      await tab.page.getByRole('button', { name: 'Search' }).click();
      // A search through all resumes automatically until it is through.
      await tab.page.getByRole('link', { name: id }).waitFor();
      await expect.poll(() => tab.page.getByText('the search continues').count()).toBe(0);
      expect(await tab.page.locator('table.items tbody tr').count()).toBe(1);
    }
  });

  it('shows what is wrong with 1,000 pasted links before any is enqueued', async () => {
    await using window = await openWindow();
    await using tab = await open(`${window.url}/new`);
    const lines = Array.from({ length: 1000 }, (_, n) =>
      n % 100 === 0 ? `https://example.com/${n}` : shareLink(n),
    );
    await tab.page.getByLabel('Name').fill('pasted');
    await tab.page.getByLabel('Links, one per line').fill(lines.join('\n'));
    await tab.page.getByRole('button', { name: 'Check' }).click();
    await tab.page.getByRole('heading', { name: 'Lines without a usable link' }).waitFor();
    const invalid = tab.page.getByRole('region', { name: 'Lines without a usable link' });
    expect(await invalid.getByRole('row').count()).toBe(11);
    expect(await window.system.session.ledger.batch('pasted')).toBeNull();
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    await tab.page.getByRole('button', { name: 'Enqueue 990 links' }).click();
    await tab.page.getByText(/990 links accepted|The list is being read/).waitFor();
    await expect.poll(() => countsOf(window, 'pasted')).toMatchObject({ queued: 990 });
  });

  it('uploads chosen videos with progress, cancels one, and enqueues the others', async () => {
    await using window = await openWindow();
    await using tab = await open(`${window.url}/new`);
    await tab.page.getByRole('radio', { name: 'topaz/video-upscale' }).check();
    expect(await tab.page.getByText('Inputs of topaz/video-upscale').isVisible()).toBe(true);
    expect(await tab.page.getByText('Inputs of wan/2-7-videoedit').isVisible()).toBe(false);
    await tab.page.getByLabel('Name').fill('films');
    const file = async (name: string) => ({
      name,
      mimeType: 'video/mp4',
      buffer: await makeVideo(2, { text: name }),
    });
    const text = { name: 'text.mp4', mimeType: 'video/mp4', buffer: Buffer.from('no video '.repeat(50)) };
    await tab.page
      .getByLabel('And videos on this computer')
      .setInputFiles([await file('one.mp4'), await file('two.mp4'), text]);
    const list = tab.page.getByRole('list', { name: 'Uploaded videos' });
    await list.getByText('This is not a video').waitFor();
    await tab.page.getByRole('button', { name: 'Remove one.mp4' }).click();
    await expect.poll(() => list.getByText('one.mp4').count()).toBe(0);
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    await tab.page.getByRole('button', { name: 'Check' }).click();
    await tab.page.getByRole('button', { name: 'Enqueue 1 link' }).click();
    await tab.page.getByText(/1 link accepted|The list is being read/).waitFor();
    await expect.poll(() => countsOf(window, 'films')).toMatchObject({ queued: 1 });
    // The browser itself tells of the refused one.
    expect(tab.complaints).toEqual([expect.stringContaining('422')]);
  });

  it('keeps links and words of strangers from doing anything', async () => {
    await using window = await openWindow();
    const [id = ''] = await window.system.give(2);
    const words = '"><img src=x onerror="document.title=1"><script>document.title=2</script>';
    await window.system.session.ledger.move('fail', id, { reason: 'rejected', message: words });
    await using tab = await open(`${window.url}/batches/test`);
    await tab.page.locator('table.items').waitFor();
    await tab.page.goto(`${window.url}/items/${id}`);
    await tab.page.getByText(words).first().waitFor();
    expect(await tab.page.title()).toContain(id);
    expect(await tab.page.locator('img').count()).toBe(0);
    expect(tab.complaints).toEqual([]);
  });

  it('has no accessibility issue and scrolls no sideways, light or dark, at a zoom of 200 %, on a phone', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(6);
    const { ledger } = window.system.session;
    await ledger.move('fail', ids[0] ?? '', { reason: 'rejected', message: 'no' });
    await window.system.startWorker(['submit', 'status-check', 'download']);
    await window.system.ended();
    await using tab = await open(window.url);
    for (const path of [
      '/',
      '/batches',
      '/batches/test',
      '/batches/test?view=gallery',
      `/items/${ids[0]}`,
      `/items/${ids[1]}`,
      '/new',
      '/batches/test/retry',
      '/retry?batch=test',
      `/items/${ids[0]}/retry`,
      '/batches/test/resume',
      '/nothing-here',
      '/workers',
      '/schedules',
      '/gate',
      '/stuck',
      '/audit',
      '/api',
    ]) {
      await tab.page.goto(`${window.url}${path}`);
      await tab.page.locator('main').waitFor();
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [1280, 'dark'],
        [640, 'light'],
        [390, 'light'],
      ] as const) {
        await tab.page.emulateMedia({ colorScheme });
        await tab.page.setViewportSize({ width, height: 900 });
        const shown = [path, width, colorScheme];
        // The same rules hold at 640 pixels as at 390.
        if (width !== 640) {
          const rules = colorScheme === 'dark' ? colourRules : undefined;
          expect([...shown, await accessibilityIssues(tab.page, rules)]).toEqual([...shown, []]);
        }
        expect([
          ...shown,
          await tab.page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        ]).toEqual([...shown, 0]);
      }
    }
  }, 600_000);

  it('is not made wider by a chart that has not followed a smaller window yet', async () => {
    await using window = await openWindow();
    await window.system.give(1);
    await using tab = await open('about:blank', { width: 640 });
    await tab.page.addInitScript('ResizeObserver.prototype.observe = () => undefined');
    await tab.page.goto(window.url);
    await tab.page.locator('.chart canvas').first().waitFor();
    await tab.page.setViewportSize({ width: 390, height: 900 });
    expect(await tab.page.evaluate('document.querySelector(".chart canvas").clientWidth')).toBeGreaterThan(
      390,
    );
    expect(await tab.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  });

  it('the way in has no accessibility issue', async () => {
    const environment = { DASHBOARD_USER: 'op', DASHBOARD_PASSWORD: 'a-long-password' };
    await using window = await openWindow({ environment });
    await using tab = await open(window.url, { width: 390 });
    await tab.page.getByLabel('Password').waitFor();
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    await tab.page.getByLabel('Name').fill('op');
    await tab.page.getByLabel('Password').fill('wrong');
    await tab.page.keyboard.press('Enter');
    await tab.page.getByRole('alert').waitFor();
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    await tab.page.getByLabel('Name').fill('op');
    await tab.page.getByLabel('Password').fill('a-long-password');
    await tab.page.keyboard.press('Enter');
    await tab.page.getByText('Nothing to do yet').waitFor();
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    expect(await tab.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  });

  it('shows saved results as pictures that load in view and play under the pointer', async () => {
    await using window = await openWindow();
    const [id = ''] = await window.system.give(3);
    await window.system.startWorker();
    await window.system.ended();
    await using tab = await open(`${window.url}/batches/test`);
    await tab.page.getByRole('link', { name: 'Gallery' }).click();
    const video = tab.page.locator(`video[data-keep="${id}"]`);
    await video.scrollIntoViewIfNeeded();
    const state = (what: string) =>
      tab.page.evaluate(`document.querySelector('video[data-keep="${id}"]').${what}`);
    await expect.poll(() => state('readyState')).toBeGreaterThan(1);
    await video.hover();
    await expect.poll(() => state('currentTime')).toBeGreaterThan(0.1);
    expect(await accessibilityIssues(tab.page)).toEqual([]);
    await tab.page.getByLabel(`Choose ${id}`).check();
    const coming = tab.page.waitForEvent('download');
    await tab.page.getByRole('button', { name: 'Download chosen' }).click();
    expect((await coming).suggestedFilename()).toBe('test.zip');
    expect(tab.complaints).toEqual([]);
  });

  it('goes through links by j and k, asks to retry by r, searches by /, and keeps the columns chosen', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(3);
    await window.system.session.ledger.move('fail', ids[1] ?? '', { reason: 'rejected', message: 'no' });
    await using tab = await open(`${window.url}/batches/test`);
    const { keyboard } = tab.page;
    await tab.page.getByText('Columns and keyboard shortcuts').click();
    const credits = tab.page.getByRole('columnheader', { name: 'Credits' });
    await tab.page.getByLabel('Credits', { exact: true }).uncheck();
    expect(await credits.isVisible()).toBe(false);
    await tab.page.reload();
    expect(await credits.isVisible()).toBe(false);
    await keyboard.press('/');
    expect(await tab.page.evaluate('document.activeElement.name')).toBe('q');
    await tab.page.evaluate('document.activeElement.blur()');
    for (const key of ['j', 'j', 'j', 'k']) await keyboard.press(key);
    expect(await tab.page.evaluate('document.activeElement.textContent')).toBe(ids[1]);
    await keyboard.press('r');
    await tab.page.waitForURL(`**/items/${ids[1]}/retry`);
    expect(tab.complaints).toEqual([]);
  });

  it('shows the queues’ own board', async () => {
    await using window = await openWindow();
    await using tab = await open(`${window.url}/queues`);
    for (const queue of ['submit', 'status-check', 'download', 'ticks'])
      await tab.page.getByText(queue, { exact: true }).first().waitFor();
    expect(tab.complaints).toEqual([]);
  });

  it('can be gone through by keyboard', async () => {
    await using window = await openWindow();
    await using tab = await open(window.url);
    await tab.page.keyboard.press('Tab');
    expect(await tab.page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await tab.page.keyboard.press('Enter');
    expect(await tab.page.evaluate('document.activeElement.id')).toBe('main');
  });
});
