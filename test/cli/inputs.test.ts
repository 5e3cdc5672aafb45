/** Inputs for each link, from lists and flags to the vendor's books, exports and sidecars. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { makeVideo, startVideoHost } from '../setup/video-host.ts';
import { openProject, type Project } from './executable.ts';

const wan = 'wan/2-7-videoedit';
const rows = Number(process.env['INPUT_ROWS'] ?? 40);
const promptOf = (n: number) => `make clip ${n} look like a "watercolour", please; `.padEnd(100, 'x');
const linkOf = (n: number) => `https://clips.example.com/${n}.mp4`;
const csvOf = (prompt: (n: number) => string) =>
  ['url,Prompt,seed,remark']
    .concat(
      Array.from({ length: rows }, (_, n) => `${linkOf(n)},"${prompt(n).replaceAll('"', '""')}",${n},note`),
    )
    .join('\n');

async function runList(project: Project, name: string, ...more: string[]) {
  const { code, stdout, stderr } = await project.run(['run', name, '--model', wan, '--json', ...more]);
  return { code, stderr, summary: stdout === '' ? null : JSON.parse(stdout) };
}

describe.concurrent('inputs', () => {
  it('each task has its own prompt; the same list pays nothing, one changed prompt pays one task', async () => {
    await using project = await openProject();
    await project.write('clips.csv', csvOf(promptOf));
    const first = await runList(project, 'clips.csv', '--set', 'resolution=720P');
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Inputs from columns: Prompt, seed. Columns not used: remark.');
    expect(first.summary).toMatchObject({ total: rows, accepted: rows, saved: rows });
    const orders = project.simulator.orders();
    expect(orders).toHaveLength(rows);
    for (const { link, input } of orders) {
      const n = Number(/(\d+)\.mp4/.exec(link)?.[1]);
      expect(input).toEqual({
        video_url: link,
        prompt: promptOf(n),
        seed: n,
        resolution: '720p',
        duration: 0,
      });
    }

    const again = await runList(project, 'clips.csv', '--set', 'resolution=720p');
    expect(again.code, again.stderr).toBe(0);
    expect(again.summary).toMatchObject({ accepted: 0, alreadySaved: rows });

    // The same inputs in another form and order, and one prompt that is not the same.
    const objects = Array.from({ length: rows }, (_, n) => ({
      seed: String(n),
      resolution: '720p',
      prompt: n === 3 ? 'another' : promptOf(n),
      url: linkOf(n),
    }));
    await project.write('clips.jsonl', objects.map((each) => JSON.stringify(each)).join('\n'));
    const changed = await runList(project, 'clips.jsonl', '--batch', 'clips');
    expect(changed.code, changed.stderr).toBe(0);
    expect(changed.summary).toMatchObject({ accepted: 1, alreadySaved: rows - 1 });
    expect(project.simulator.orders()).toHaveLength(rows + 1);
    expect(project.simulator.orders().at(-1)?.input).toMatchObject({ prompt: 'another', seed: 3 });

    const exported = await project.run(['export', 'clips']);
    const [row] = exported.stdout.split('\n').map((line) => JSON.parse(line || 'null'));
    expect(row.inputs).toEqual({ prompt: promptOf(0), seed: 0, resolution: '720p' });
    const sidecar = JSON.parse(await readFile(row.file.replace(/\.\w+$/, '.json'), 'utf8'));
    expect(sidecar.inputs).toEqual(row.inputs);
  });

  it('a wrong value is an invalid line with its reason, before anything is paid', async () => {
    await using project = await openProject();
    const list = ['url,prompt,resolution', `${linkOf(1)},x,8k`, `${linkOf(2)},y,1080p`].join('\n');
    await project.write('clips.csv', list);
    const { code, stderr, summary } = await runList(project, 'clips.csv');
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('resolution must be one of 720p, 1080p, not "8k"');
    expect(summary).toMatchObject({ invalid: 1, saved: 1 });
    expect(project.simulator.orders()).toHaveLength(1);
  });

  it('a required input that no line has ends the command with 2 and says how to give it', async () => {
    await using project = await openProject();
    await project.write('clips.txt', [1, 2, 3].map(linkOf).join('\n'));
    const command = ['run', 'clips.txt', '--model', 'happyhorse/video-edit', '--json'];
    const refused = await project.run(command);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('No line has the input prompt');
    expect(refused.stderr).toContain('--set prompt=VALUE');
    expect(project.simulator.counts().createCalls).toBe(0);
    const given = await project.run([...command, '--set', 'prompt=make it snow']);
    expect(given.code, given.stderr).toBe(0);
    expect(JSON.parse(given.stdout)).toMatchObject({ saved: 3 });
    const wrong = await project.run([...command, '--set', 'promt=x']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('has no input promt: it takes prompt');
  });

  it('a dry run says what would be taken, refused and paid, and changes nothing', async () => {
    await using project = await openProject();
    await project.write(
      'clips.csv',
      ['url,prompt', `${linkOf(1)},x`, `${linkOf(1)},x`, 'nonsense,y'].join('\n'),
    );
    const command = ['run', 'clips.csv', '--model', wan, '--dry-run'];
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await project.run([...command, '--json']);
      expect(code, stderr).toBe(0);
      const counts = { total: 3, accepted: 1, duplicates: 1, alreadySaved: 0, invalid: 1 };
      expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, batch: 'clips', ...counts, credits: null });
    }
    const links = await project.writeLinks('links.txt', 3);
    const priced = await project.run(['enqueue', links, '--dry-run']);
    expect(priced.stdout).toContain('3 would be accepted');
    expect(priced.stdout).toMatch(/which need 30 \(10 a task/);
    expect(project.simulator.counts().createCalls).toBe(0);
    expect(JSON.parse((await project.run(['list', '--json'])).stdout)).toEqual({ batches: [] });
  });

  it('a dry run foresees what a real start does: lengths, videos that are refused, and links that were removed', async () => {
    await using host = await startVideoHost({
      '/1.mp4': await makeVideo(9.5),
      '/2.mp4': await makeVideo(20),
      '/3.mp4': await makeVideo(12),
    });
    await using project = await openProject();
    const list = [1, 2, 3].map((n) => `${host.url}/${n}.mp4`).join('\n');
    await project.write('clips.txt', list);
    const dry = (model: string, ...more: string[]) =>
      project.run(['run', 'clips.txt', '--upload', '--dry-run', '--model', model, ...more]);
    const bySecond = await dry('topaz/video-upscale', '--json');
    expect(JSON.parse(bySecond.stdout)).toMatchObject({ accepted: 3, credits: 8 * (10 + 20 + 12) });
    const words = await dry('topaz/video-upscale');
    expect(words.stdout).toMatch(/about 336 credits: 3 videos, 1 minute, 8 a second/);
    const tooLong = await dry(wan);
    expect(tooLong.stdout).toMatch(/Of 3 videos that were checked, 2 would be rejected/);
    expect(tooLong.stdout).toMatch(/2\.mp4 has 20 seconds; wan\/2-7-videoedit accepts at most 10/);

    const links = await project.writeLinks('links.txt', 2);
    await project.run(['run', links, '--yes']);
    await project.run(['remove', 'links', '--yes']);
    const again = await project.run(['run', links, '--dry-run', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, alreadySaved: 2, credits: 0 });
  });

  it('a list without a usable link makes no batch, and its name stays free', async () => {
    await using project = await openProject();
    await project.write('clips.txt', 'nonsense\nhttps://other.example/x\n');
    for (const command of ['run', 'enqueue']) {
      const { code } = await project.run([command, 'clips.txt', '--yes', '--json']);
      expect(code).toBe(1);
      expect(JSON.parse((await project.run(['list', '--json'])).stdout)).toEqual({ batches: [] });
    }
    await project.write('clips.txt', `${linkOf(1)}\n`);
    expect((await project.run(['run', 'clips.txt', '--model', wan, '--yes'])).code).toBe(0);
  });

  it('an export keeps them, and another ledger takes them over', async () => {
    await using project = await openProject();
    await using other = await openProject();
    await project.write('clips.csv', csvOf(promptOf));
    await runList(project, 'clips.csv', '--set', 'resolution=720p');
    for (const format of ['jsonl', 'csv']) {
      const { stdout } = await project.run(['export', 'clips', '--format', format]);
      await other.write(`moved.${format}`, stdout);
      const batch = ['--batch', `moved-${format}`];
      const taken = await other.run(['import', `moved.${format}`, ...batch, '--json']);
      expect(taken.code, taken.stderr).toBe(0);
      expect(JSON.parse(taken.stdout)).toMatchObject({ total: rows, invalid: 0 });
    }
    await other.write('clips.csv', csvOf(promptOf));
    const again = await runList(other, 'clips.csv', '--set', 'resolution=720p', '--batch', 'moved-csv');
    expect(again.summary).toMatchObject({ accepted: 0, alreadySaved: rows });
  });
});
