// Everything, from a checkout after `npm ci`: installs real git-annex where it is missing, checks the code, runs
// the unit tests and then the interoperability tests. The last line says how many tests passed and failed.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(top, '.test-results');
const withoutGitAnnex = process.env['ANNEXUS_WITHOUT_GIT_ANNEX'] === '1' && (process.env['CI'] ?? '') === '';

rmSync(results, { recursive: true, force: true });
// Where this fails the interoperability tests fail too, and say what to do.
if (!withoutGitAnnex) run('script/install-git-annex');
const checked = run(process.execPath, 'script/check.js');
const worked = run('npm', 'run', '--silent', 'test:interop');
if (withoutGitAnnex) console.log('ANNEXUS_WITHOUT_GIT_ANNEX=1: nothing was tried with real git-annex');

const totals = [total('unit'), ...(withoutGitAnnex ? [] : [total('interop')])];
const passed = totals.reduce((sum, each) => sum + each.passed, 0);
const failed = totals.reduce((sum, each) => sum + each.failed, 0);
const skipped = totals.reduce((sum, each) => sum + each.skipped, 0);
process.exitCode = checked && worked && failed === 0 && passed > 0 ? 0 : 1;
if (!checked) console.log('npm run check failed: see above');
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);

/** @param {string} program @param {string[]} args */
function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) console.error(`${program}: ${error.message}`);
  return status === 0;
}

/**
 * @typedef {object} VitestReport
 * @property {boolean} success
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 */

/**
 * What vitest's report says. A run that left none, or that failed without a failed test, counts as one failure.
 * @param {string} project
 */
function total(project) {
  try {
    const report = /** @type {VitestReport} */ (
      JSON.parse(readFileSync(join(results, `${project}.json`), 'utf8'))
    );
    return {
      passed: report.numPassedTests,
      failed: report.success ? 0 : Math.max(1, report.numFailedTests),
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    console.log(`the ${project} tests left no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
