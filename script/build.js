// Compiles src/ to dist/ and copies what is not TypeScript beside it.
//
//   node script/build.js              as fast as an incremental build allows
//   node script/build.js --clean      from nothing, for publishing
//   node script/build.js --prepare    for npm: does nothing where there is a build but no compiler
//
// Type errors do not stop the output, only the exit status tells of them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = join(top, 'node_modules/typescript/bin/tsc');
const dist = join(top, 'dist');

process.exitCode = build(new Set(process.argv.slice(2)));

/** @param {ReadonlySet<string>} options */
function build(options) {
  if (!existsSync(compiler)) {
    if (options.has('--prepare') && existsSync(join(dist, 'cli/main.js'))) return 0;
    console.error('annexus: building needs the development dependencies: run npm ci without --omit=dev');
    return 1;
  }
  if (options.has('--clean')) rmSync(dist, { recursive: true, force: true });
  const status = compile();
  copyAssets();
  return status;
}

function compile() {
  const { status } = spawnSync(process.execPath, [compiler, '-b', 'tsconfig.node.json'], {
    cwd: top,
    stdio: 'inherit',
  });
  return status ?? 1;
}

function copyAssets() {
  for (const entry of readdirSync(join(top, 'src'), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(wasm|html|css|svg)$/.test(entry.name)) continue;
    const source = join(entry.parentPath, entry.name);
    cpSync(source, join(dist, source.slice(join(top, 'src').length)));
  }
}
