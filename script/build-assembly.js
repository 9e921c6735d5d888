// Compiles the hashes in script/assembly/ to WebAssembly, embedded in src/node/hash/*-wasm.ts so that no file has to
// be found at run time. `npm run generate` runs it; what it makes is committed, so that installing needs no compiler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
const root = fileURLToPath(new URL('..', import.meta.url));
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='];
const scratch = mkdtempSync(join(tmpdir(), 'annexus-assembly-'));

try {
  for (const name of ['skein', 'xxh3']) {
    const source = `script/assembly/${name}.ts`;
    const compiled = join(scratch, `${name}.wasm`);
    const { status } = spawnSync(process.execPath, [compiler, source, ...options, '--outFile', compiled], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`${source} does not compile`);
    const target = join(root, 'src', 'node', 'hash', `${name}-wasm.ts`);
    const text = `// Made from ${source} by script/build-assembly.js; do not edit.

/** The WebAssembly module, in base64. */
export const ${name}Wasm: string =
  '${readFileSync(compiled).toString('base64')}';
`;
    writeFileSync(target, text);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
