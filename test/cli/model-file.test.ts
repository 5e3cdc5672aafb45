/** A model of the user's own, as a JSON file and nothing else, from the list to the saved file. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openProject } from './executable.ts';

const sharpen = {
  id: 'acme/sharpen',
  vendorModel: 'acme/sharpen-v2',
  createPath: '/api/v3/jobs/createTask',
  link: { hosts: ['videos.example.com'] },
  input: { linkField: 'video_url', defaults: { strength: 2, format: 'mp4' } },
  creditsPerTask: 4,
  typicalMs: 1000,
  probe: { input: {} },
};

describe.concurrent('--model-file', () => {
  it('adds a model without a line of code', async () => {
    await using project = await openProject({
      simulator: { models: ['acme/sharpen-v2'], creditsPerTask: 4 },
    });
    await project.write('sharpen.json', JSON.stringify(sharpen));
    await project.write('links.txt', 'https://videos.example.com/a.mp4\nhttps://videos.example.com/b.mp4\n');
    const run = ['run', 'links.txt', '--model-file', 'sharpen.json', '--model', 'acme/sharpen', '--json'];
    const { code, stdout, stderr } = await project.run(run);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ saved: 2, creditsSpent: 8 });
    const videos = await readdir(join(project.folder, 'videos', 'links'));
    expect(videos.filter((name) => name.endsWith('.mp4'))).toHaveLength(2);
  });

  it('that is wrong starts nothing, and names every problem', async () => {
    await using project = await openProject();
    const wrong = { ...sharpen, creditPerTask: 4, link: { hosts: ['https://videos.example.com'] } };
    await project.write('sharpen.json', JSON.stringify(wrong));
    const list = await project.writeLinks('links.txt', 1);
    const { code, stderr } = await project.run(['run', list, '--model-file', 'sharpen.json']);
    expect(code).toBe(2);
    expect(stderr).toContain('Unrecognized key: "creditPerTask"');
    expect(stderr).toContain('link.hosts[0]');
    expect(project.simulator.counts().createCalls).toBe(0);
  });
});
