/** Actions on the command line are in the audit log, and the log can be searched. */
import { hostname, userInfo } from 'node:os';
import { expect, it } from 'vitest';
import { noteAction } from '../../src/cli/note-action.ts';
import { createAuditLog } from '../../src/shared/audit/audit-log.ts';
import { openWindow } from '../server/window.ts';

it('an action on the command line is in the audit log with its user and host, and can be found', async () => {
  await using window = await openWindow();
  const { session } = window.system;
  await noteAction(session, { action: 'retry', target: 'summer', outcome: '3 links' });
  await noteAction(session, { action: 'pause', target: 'winter', outcome: 'done' });
  const audit = createAuditLog(
    { redis: session.redis, prefix: session.configuration.QUEUE_PREFIX },
    session.logger,
  );
  expect(await audit.latest(10, { target: 'SUM' })).toMatchObject([
    {
      who: userInfo().username,
      address: `command line on ${hostname()}`,
      action: 'retry',
      outcome: '3 links',
    },
  ]);
  const page = await (await window.get('/audit?action=pause')).text();
  expect(page).toContain('winter');
  expect(page).not.toContain('>summer<');
});
