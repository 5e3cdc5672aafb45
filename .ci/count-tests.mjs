/**
 * Prints `N passed, N failed` from vitest's JSON report and fails unless all passed. A file that could not
 * even be loaded, or a run that left no report, counts as a failure: no result is not a good result. Plain
 * JavaScript, since it runs under whatever Node the machine has, installed or not.
 */
import { readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';

const { passed, failed } = countTests(argv[2]);
console.log(`${passed} passed, ${failed} failed`);
exit(failed === 0 && passed > 0 ? 0 : 1);

function countTests(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const unloaded = report.testResults.filter(
      (each) => each.status === 'failed' && each.assertionResults.length === 0,
    );
    const failed = report.numFailedTests + unloaded.length;
    // Errors outside of any test are in no count, but the run is not a success.
    return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
