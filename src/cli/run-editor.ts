/** Lets the user edit a file: with EDITOR as git-annex does, else with the editor that git would start. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Terminal } from './terminal.ts';

/** Resolves when the editor has ended. Throws AnnexError('config') where it failed, and where there is none. */
export async function runEditor(
  file: string,
  { annex, terminal }: { readonly annex: OpenAnnex; readonly terminal: Terminal },
): Promise<void> {
  const editor = terminal.env['EDITOR'] ?? (await gitEditor(annex));
  const child = spawn('sh', ['-c', `${editor} "$@"`, editor, file], {
    cwd: terminal.cwd,
    env: terminal.env,
    stdio: 'inherit',
  });
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  if (exitCode !== 0) throw new AnnexError('config', `${editor} exited nonzero; aborting`);
}

async function gitEditor({ git }: OpenAnnex): Promise<string> {
  const { stdout, exitCode, stderr } = await git.run(['var', 'GIT_EDITOR'], { allow: [0, 1, 128] });
  if (exitCode !== 0) throw new AnnexError('config', `there is no editor: ${stderr.trim()}`);
  return stdout.toString().trim();
}
