// All that has to hold before a change lands, short of the interoperability tests: `npm run check`.
// Every step runs even where one before it failed, so that one run tells everything. In CI the last step
// looks whether the checkout is still clean: generated files are up to date and no test wrote into the tree.
//
//   node script/check.js [STEP...]    only these steps
import { spawn, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = dirname(dirname(fileURLToPath(import.meta.url)));

// Names of scripts in package.json, one after another; both rows begin together. What is generated is built, and what was
// built is packed.
const rows = [
  ['lockfile', 'generate', 'build', 'package', 'installed'],
  ['typecheck', 'format:check', 'lint', 'layers', 'unused'],
];
const afterwards = ['test:unit'];

const wanted = process.argv.slice(2);
const chosen = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name);
/** @type {string[]} */
const failed = [];
await Promise.all(rows.map(run));
await run(afterwards);
if (process.env['CI'] === 'true' && !isClean()) failed.push('a clean git status');

console.log(failed.length === 0 ? 'check: all is well' : `check: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {readonly string[]} names */
async function run(names) {
  for (const name of names.filter(chosen)) if (!(await step(name))) failed.push(name);
}

/** What a step prints comes when it has ended, in one piece. @param {string} name */
async function step(name) {
  const began = performance.now();
  const child = spawn('npm', ['run', '--silent', '--if-present', name], {
    cwd: top,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text) => (printed += text));
  /** @type {unknown} */
  const status = await new Promise((resolve) => child.once('close', resolve));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`\n== ${name}\n${printed}== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  return status === 0;
}

function isClean() {
  const { stdout, status } = spawnSync('git', ['status', '--porcelain'], { cwd: top, encoding: 'utf8' });
  if (stdout !== '') console.log(`\nthe checkout is not clean:\n${stdout}`);
  return status === 0 && stdout === '';
}
