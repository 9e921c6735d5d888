// All that has to hold before a change lands, short of the interoperability tests: `npm run check`.
// Every step runs even where one before it failed, so that one run tells everything. In CI the last step
// looks whether the checkout is still clean: generated files are up to date and no test wrote into the tree.
//
//   node script/check.js [STEP...]    only these steps
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = dirname(dirname(fileURLToPath(import.meta.url)));

// Names of scripts in package.json. The build comes first: bin/annexus and the package are made of it.
const steps = [
  'lockfile',
  'generate',
  'build',
  'typecheck',
  'format:check',
  'lint',
  'layers',
  'unused',
  'package',
  'installed',
  'test:unit',
];

const wanted = process.argv.slice(2);
const chosen = wanted.length === 0 ? steps : wanted;
const failed = chosen.filter((name) => !step(name));
if (process.env['CI'] === 'true' && !isClean()) failed.push('a clean git status');

console.log(failed.length === 0 ? 'check: all is well' : `check: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string} name */
function step(name) {
  console.log(`\n== ${name}`);
  const began = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', '--if-present', name], {
    cwd: top,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  return status === 0;
}

function isClean() {
  const { stdout, status } = spawnSync('git', ['status', '--porcelain'], { cwd: top, encoding: 'utf8' });
  if (stdout !== '') console.log(`\nthe checkout is not clean:\n${stdout}`);
  return status === 0 && stdout === '';
}
