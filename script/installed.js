// Whether the package works where nothing else of the checkout is: the tarball of `npm run package` is installed into an
// empty directory, as its users install it, and makes and serves an annex from there; its stack traces name the source.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packed = fileURLToPath(new URL('../.test-results/package/', import.meta.url));
const [tarball, ...others] = readdirSync(packed).filter((name) => name.endsWith('.tgz'));
if (tarball === undefined || others.length > 0) throw new Error(`there is not one tarball in ${packed}`);

const top = mkdtempSync(join(tmpdir(), 'annexus-installed-'));
try {
  const home = join(top, 'home');
  const repository = join(top, 'repository');
  mkdirSync(home);
  mkdirSync(repository);
  writeFileSync(join(top, 'package.json'), '{}\n');
  run(top, 'npm', 'install', '--omit=dev', '--prefer-offline', '--no-audit', join(packed, tarball));
  const env = {
    ...process.env,
    PATH: [join(top, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    GIT_AUTHOR_NAME: 'Installed',
    GIT_AUTHOR_EMAIL: 'installed@annexus.invalid',
    GIT_COMMITTER_NAME: 'Installed',
    GIT_COMMITTER_EMAIL: 'installed@annexus.invalid',
  };
  run(repository, 'git', 'init', '--quiet');
  annexus('init', 'installed');
  annexus('info', '--fast');
  const uuid = run(repository, 'git', 'config', 'annex.uuid').trim();
  const conversation = annexus('shell', 'p2pstdio', repository, uuid);
  if (!conversation.startsWith(`AUTH-SUCCESS ${uuid}\n`)) throw new Error(`the shell said: ${conversation}`);

  const debug = { ...env, ANNEXUS_DEBUG: '1' };
  const { stderr } = spawnSync('annexus', ['whereis'], { cwd: top, env: debug, encoding: 'utf8' });
  if (!stderr.includes('src/cli/whereis.ts:')) throw new Error(`this stack names no source: ${stderr}`);

  /** @param {readonly string[]} words */
  function annexus(...words) {
    return execFileSync('annexus', words, { cwd: repository, env, encoding: 'utf8', input: '' });
  }
} finally {
  rmSync(top, { recursive: true });
}

/** @param {string} cwd @param {string} program @param {readonly string[]} args */
function run(cwd, program, ...args) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
