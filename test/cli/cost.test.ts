/** Money before and during a batch, and halts that end a run: through the executable and the heart of `run`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agreeToCost } from '../../src/cli/agree-to-cost.ts';
import { openProgress } from '../../src/cli/progress.ts';
import { runBatch } from '../../src/cli/run-batch.ts';
import { openListFiles } from '../../src/producer/lists/open-list-files.ts';
import { listHalts } from '../../src/shared/gate-state/halts.ts';
import { type System, startSystem, testModel } from '../setup/system.ts';
import { openProject } from './executable.ts';

describe('what a batch will cost', () => {
  it('is said before it starts, against the balance and the allowed credits', async () => {
    await using project = await openProject({ simulator: { credits: 3400 } });
    const list = await project.writeLinks('many.txt', 4);
    const { code, stderr } = await project.run(['run', list]);
    expect(code).toBe(0);
    expect(stderr).toContain('3,400 credits: enough for all 4 links, which need 40');
    const more = await project.writeLinks('more.txt', 4, 4);
    const bounded = await project.run(['run', more, '--max-credits', '25', '--json']);
    expect(bounded.stderr).toContain('25 credits allowed: enough for 2 of 4 links');
    expect(bounded.code).toBe(1);
    expect(JSON.parse(bounded.stdout)).toMatchObject({ saved: 2, failed: 2, creditsSpent: 20 });
    expect(project.simulator.counts().tasks).toBe(6);
    const exported = await project.run(['export', 'more', '--reason', 'budget-exhausted']);
    expect(exported.stdout.trim().split('\n')).toHaveLength(2);
    const status = await project.run(['status', 'more', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ creditsSpent: 20 });
  });

  it('is said by enqueue too, with or without a key', async () => {
    await using project = await openProject({ simulator: { credits: 100 } });
    const list = await project.writeLinks('links.txt', 20);
    const first = await project.run(['enqueue', list]);
    expect(first).toMatchObject({
      code: 0,
      stdout: 'links: 20 accepted, 0 duplicate, 0 already saved, 0 invalid\n',
    });
    expect(first.stderr).toContain('100 credits: enough for 10 of 20 links');
    const again = await project.run(['enqueue', list]);
    expect(again).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const other = await project.start(['enqueue', list, '--batch', 'other', '--force'], {
      KIE_API_KEY: undefined,
    });
    other.child.stdin.end();
    expect((await other.ended).code).toBe(0);
  });

  it('is refused as an option when it is no number', async () => {
    await using project = await openProject();
    const { code, stderr } = await project.run(['run', '--max-credits', 'ten']);
    expect(code).toBe(2);
    expect(stderr).toContain('number of credits');
  });

  it('is asked about only where links wait, and yes is suggested only when it is enough', async () => {
    await using system = await startSystem();
    await system.give(3);
    const batch = (await system.session.ledger.batch('test')) ?? expect.fail();
    const asked: [string, boolean][] = [];
    const ask = async (question: string, byDefault: boolean) => asked.push([question, byDefault]) > 100;
    const said: string[] = [];
    const terminal = { say: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
    const deps = (balance: number | null) => ({ terminal, ask, balance: Promise.resolve(balance) });
    const model = { kind: 'each', credits: 10, basis: '10 a task' } as const;
    expect(await agreeToCost(batch, model, deps(1000))).toBe(false);
    expect(await agreeToCost(batch, model, deps(5))).toBe(false);
    expect(await agreeToCost({ ...batch, counts: { ...batch.counts, queued: 0 } }, model, deps(0))).toBe(
      true,
    );
    expect(asked).toEqual([
      ['Start?', true],
      ['Start?', false],
    ]);
    expect(said).toEqual([
      '1,000 credits: enough for all 3 links, which need 30 (10 a task)',
      '5 credits: not enough for any of 3 links (10 a task)',
    ]);
  });
});

describe('a run that was asked about', () => {
  it('pays nothing before the answer, nothing after no, and continues after yes', async () => {
    await using system = await startSystem();
    const list = join(system.folder, 'links.txt');
    await writeFile(list, 'https://sora.chatgpt.com/p/s_a\n');
    const tasksAtTheQuestion: number[] = [];
    const declined = await runOf(system, list, async () => {
      tasksAtTheQuestion.push(system.simulator.counts().createCalls);
      return false;
    });
    expect(declined).toMatchObject({ ended: 'declined', facts: { given: { accepted: 1 } } });
    expect(tasksAtTheQuestion).toEqual([0]);
    expect(system.simulator.counts().createCalls).toBe(0);
    expect((await system.session.ledger.batch('asked'))?.counts.queued).toBe(1);
    const agreed = await runOf(system, list, async () => true);
    expect(agreed).toMatchObject({ ended: 'completed', facts: { batch: { counts: { saved: 1 } } } });
  });

  it('is not asked again with --yes', async () => {
    await using system = await startSystem();
    const list = join(system.folder, 'links.txt');
    await writeFile(list, 'https://sora.chatgpt.com/p/s_a\n');
    await runOf(system, list, async () => false);
    expect((await runOf(system, list, null)).ended).toBe('completed');
  });
});

describe('--exit-on-halt', () => {
  it('ends with 3 and says why, since when, what to do and when the next look is', async () => {
    await using project = await openProject({ simulator: { credits: 0 } });
    const list = await project.writeLinks('links.txt', 5);
    const { code, stderr } = await project.run(['run', list, '--exit-on-halt']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/Halted: no-credits for \d+ s\. .*Credits insufficient/);
    expect(stderr).toMatch(/What to do: top up the account.*next check in \d+ s/);
    expect(stderr).toContain('5 links stay queued');
  });

  it('continues when a halt of an earlier run is over', async () => {
    await using project = await openProject({ simulator: { credits: 0 } });
    const list = await project.writeLinks('links.txt', 5);
    expect((await project.run(['run', list, '--exit-on-halt'])).code).toBe(3);
    project.simulator.settings({ credits: 1000 });
    expect((await project.run(['run', list, '--exit-on-halt'])).code).toBe(0);
  });

  it('ends again if the halt of an earlier run still lasts', async () => {
    await using project = await openProject({ simulator: { pausedModels: [testModel] } });
    const list = await project.writeLinks('links.txt', 5);
    expect((await project.run(['run', list, '--exit-on-halt'])).code).toBe(3);
    expect((await project.run(['run', list, '--exit-on-halt'])).code).toBe(3);
    const status = await project.run(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      halts: [
        {
          reason: 'model-paused',
          model: testModel,
          advice: expect.stringContaining('the model is off'),
        },
      ],
    });
  });

  it('is not moved by the halt of another model', async () => {
    await using system = await startSystem({ simulator: { pausedModels: [testModel] } });
    const list = join(system.folder, 'others.txt');
    await writeFile(list, 'https://host.example/a.mp4\n');
    await system.give(1);
    const worker = await system.startWorker();
    while ((await listHalts(system.session)).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await worker.stop(1000);
    const end = await runOf(system, list, null, { model: 'topaz/video-upscale', exitOnHalt: true });
    expect(end.ended).toBe('completed');
  });
});

function runOf(
  { session, said }: System,
  list: string,
  ask: (() => Promise<boolean>) | null,
  { model = testModel, exitOnHalt = false } = {},
) {
  const terminal = {
    json: () => undefined,
    print: (text: string) => said.push(text),
    say: (text: string) => said.push(text),
    warn: (text: string) => said.push(text),
    verbosity: 'usual' as const,
    divert: () => undefined,
    isWatched: false,
  };
  return runBatch(
    {
      batch: 'asked',
      model: session.models.get(model),
      sources: openListFiles([list], process.stdin),
      list: { column: undefined },
      force: false,
      all: false,
      inputs: {},
      keep: [],
      exitOnHalt,
    },
    {
      session,
      terminal,
      progress: openProgress(terminal),
      invalidLines: { onInvalid: () => undefined, onUnusableList: () => undefined, finish: () => undefined },
      cost: { ask, balance: Promise.resolve(1000) },
      signal: new AbortController().signal,
      onQuit: () => undefined,
    },
  );
}

describe('tasks that cost more than was announced', () => {
  it('pause the batch of an unattended run, which ends when no task is open', async () => {
    await using project = await openProject({ simulator: { creditsPerTask: 80 } });
    const list = await project.writeLinks('links.txt', 30);
    const { code, stderr } = await project.run(['run', list, '--max-credits', '200', '--yes']);
    expect(code).toBe(130);
    expect(stderr).toContain('cost 80 credits; 10 were announced');
    expect(project.simulator.counts()).toMatchObject({ tasks: 1, creditsSpent: 80 });
    const status = JSON.parse((await project.run(['status', 'links', '--json'])).stdout);
    expect(status).toMatchObject({ paused: true, creditsSpent: 80 });
    expect(status.pausedBecause).toContain('kie-batch resume links');
  });
});

it('a price list that never answers holds up no run', async () => {
  await using project = await openProject({ simulator: { priceList: 'slow', slowAnswerMs: '1h' } });
  const { code, stderr } = await project.run(['run', await project.writeLinks('links.txt', 2)]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('by the model’s definition');
  expect(project.simulator.counts().priceListCalls).toBe(2);
});
