/** `kie-batch models`, and what a model that is off is called wherever it is met. */
import { describe, expect, it } from 'vitest';
import { openProject } from './executable.ts';

describe.concurrent('models', () => {
  it('lists what they take and whether they are on; of one, its inputs', async () => {
    await using project = await openProject({ simulator: { pausedModels: ['sora-watermark-remover'] } });
    const list = await project.run(['models']);
    expect(list.code, list.stderr).toBe(0);
    expect(list.stdout).toContain('sora-watermark-remover');
    expect(list.stdout).toContain('Off since 2026-09-24');
    expect(list.stdout).toContain('topaz/video-upscale, wan/2-7-videoedit');
    expect(list.stdout).toContain(
      'price 8 credits a second; upscale_factor 4: 14 (the vendor’s price list of',
    );
    const one = await project.run(['models', 'wan/2-7-videoedit', '--json']);
    const view = JSON.parse(one.stdout);
    expect(view).toMatchObject({ id: 'wan/2-7-videoedit', probe: 'on', videoField: 'video_url' });
    expect(view.inputs).toContainEqual(
      expect.objectContaining({ name: 'resolution', values: ['720p', '1080p'], default: '1080p' }),
    );
    expect(project.simulator.counts()).toMatchObject({ tasks: 0 });
    expect((await project.run(['models', 'none'])).code).toBe(2);
  });

  it('one that is off says so in the halt and in doctor, with models that work', async () => {
    await using project = await openProject({ simulator: { pausedModels: ['sora-watermark-remover'] } });
    const list = await project.writeLinks('links.txt', 1);
    const { stderr } = await project.run(['run', list, '--exit-on-halt']);
    expect(stderr).toContain('model-paused');
    expect(stderr).toContain('off since 2026-09-24');
    expect(stderr).toContain('topaz/video-upscale');
    const { stdout } = await project.run(['doctor']);
    expect(stdout).toContain('off since 2026-09-24');
  });
});
