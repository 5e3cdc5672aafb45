/** `kie-batch serve` as a shell would start it. */
import { describe, expect, it } from 'vitest';
import { freePort } from '../../bench/free-port.ts';
import { openProject } from '../cli/executable.ts';

describe('serve', () => {
  it('serves until it is stopped, and says where', async () => {
    await using project = await openProject();
    const running = project.start(['serve', '--json', '--callbacks-only'], { HTTP_PORT: '0' });
    await running.says(/http:\/\/127\.0\.0\.1:\d+/);
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  });

  it('answers about its health, and about nothing else', async () => {
    await using project = await openProject();
    const port = await freePort();
    const running = project.start(['serve', '--callbacks-only'], {
      HTTP_PORT: String(port),
      LOG_LEVEL: 'info',
    });
    await running.says(/Serving/);
    const answer = async (path: string, init?: RequestInit) => {
      const { status } = await fetch(`http://127.0.0.1:${port}${path}`, init);
      return status;
    };
    expect(await answer('/healthz')).toBe(200);
    expect(await answer('/readyz')).toBe(200);
    expect(await answer('/')).toBe(404);
    expect(await answer('/callback/x')).toBe(404);
    expect(await answer('/callback/x', { method: 'POST', body: '{}' })).toBe(200);
  });

  it('refuses to show pages to other machines without credentials, and says what to do', async () => {
    await using project = await openProject();
    const { code, stderr } = await project.run(['serve'], {
      environment: { HTTP_HOST: '0.0.0.0', HTTP_PORT: '0' },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('DASHBOARD_USER and DASHBOARD_PASSWORD');
    expect(stderr).toContain('--callbacks-only');
  });

  it('says so when its port is taken', async () => {
    await using project = await openProject();
    const { port } = project.simulator;
    const environment = { HTTP_PORT: String(port) };
    const { code, stderr } = await project.run(['serve', '--callbacks-only'], { environment });
    expect(code).toBe(2);
    expect(stderr).toContain(`Port ${port}`);
  });
});
