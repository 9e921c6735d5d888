// Bundles src/ into dist/: one file for each program and each part that is loaded only when needed, as CommonJS, which
// starts faster than ES modules (doc/decisions/0011-bundle.md). Types are not looked at: `npm run typecheck` does that.
//
//   node script/build.js              what bin/annexus runs
//   node script/build.js --prepare    for npm: does nothing where there is a build but no bundler
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('rolldown').OutputChunk} Chunk */

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(top, 'dist');
// As deep as the commands are in src/, since some of them look for package.json from where they are.
const programsDir = join(dist, 'cli');
const programs = {
  main: 'src/cli/main.ts',
  shell: 'src/cli/shell/main.ts',
  'lock-keeper': 'src/cli/shell/lock-keeper.ts',
  'password-worker': 'src/node/access/password-worker.ts',
};

const bundler = await import('rolldown').catch(() => undefined);
if (bundler !== undefined) await build(bundler.rolldown);
else if (!process.argv.includes('--prepare') || !existsSync(join(programsDir, 'main.cjs'))) {
  console.error('annexus: building needs the development dependencies: run npm ci without --omit=dev');
  process.exitCode = 1;
}

/** @param {typeof import('rolldown').rolldown} rolldown */
async function build(rolldown) {
  const bundle = await rolldown({
    cwd: top,
    input: programs,
    platform: 'node',
    // The ES modules of a package, where it has both: of those only what is used is bundled.
    resolve: { mainFields: ['module', 'main'] },
    tsconfig: false,
    transform: { target: 'node20.19' },
    external: /^node:/,
    // An import that cannot be found would otherwise become one that fails when it runs.
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.write({
    dir: programsDir,
    format: 'cjs',
    sourcemap: true,
    sourcemapExcludeSources: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  });
  await bundle.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  writeFileSync(join(programsDir, 'LICENSES'), licences(packagesIn(chunks)));
  removeOthers(programsDir, ['LICENSES', ...output.map(({ fileName }) => fileName)]);
  removeOthers(dist, [basename(programsDir)]);
}

/**
 * What earlier builds left. Afterwards, so that a program that runs meanwhile finds its files.
 * @param {string} directory @param {readonly string[]} kept
 */
function removeOthers(directory, kept) {
  const others = readdirSync(directory).filter((name) => !kept.includes(name));
  for (const name of others) rmSync(join(directory, name), { recursive: true });
}

/** The names of the packages that were bundled. @param {readonly Chunk[]} chunks @returns {readonly string[]} */
function packagesIn(chunks) {
  const names = chunks
    .flatMap(({ moduleIds }) => moduleIds)
    .map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(id)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort();
}

/** Their licences ask to go with every copy. @param {readonly string[]} names */
function licences(names) {
  const texts = names.map((name) => {
    const directory = join(top, 'node_modules', name);
    const file = readdirSync(directory).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
    if (file === undefined) throw new Error(`${name} has no licence`);
    const text = readFileSync(join(directory, file), 'utf8');
    return `${name}\n\n${text.trim()}\n`;
  });
  return `The programs in this directory contain these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
