// Programs that tests kill or leave: Node 20 runs no TypeScript, so each is bundled with what it imports.
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

// Within the checkout, where packages are found.
const top = fileURLToPath(new URL('../../', import.meta.url));
const programs = join(top, '.test-results/programs');

/** Bundles `test/support/programs/NAME.ts` as it is now, and gives the path of what Node can run. */
export async function bundleProgram(name: string): Promise<string> {
  const bundle = await rolldown({
    cwd: top,
    input: join(top, 'test/support/programs', `${name}.ts`),
    platform: 'node',
    tsconfig: false,
    transform: { target: 'node20.19' },
  });
  // Of its own, so that tests in several processes do not write one file.
  const file = join(programs, String(process.pid), `${basename(name)}.mjs`);
  await bundle.write({ file, codeSplitting: false });
  await bundle.close();
  return file;
}
