/** `doctor` on alerts: their targets and, on request, whether a test alert is delivered. */
import { alertTargetsOf } from '../../app/alert-targets.ts';
import type { Configuration } from '../../shared/configuration/configuration.ts';
import { type Check, failed, ok, skipped } from './check.ts';

export function checkAlerts(configuration: Configuration, isToTest: boolean): Promise<Check[]> {
  const checks = alertTargetsOf(configuration).map(async (target): Promise<Check> => {
    const name = `alerts by ${target.name}`;
    if (!isToTest) return skipped(name, 'not tried: kie-batch doctor --test-alert sends one');
    try {
      await target.send({ kind: 'test' }, Date.now());
      return ok(name, 'a test alert was sent');
    } catch (error) {
      const says = error instanceof Error ? error.message : String(error);
      return failed(name, says, 'correct the setting (docs/monitoring.md)');
    }
  });
  return Promise.all(checks);
}
