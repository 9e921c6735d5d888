/** Hands a command line that is none of ours to git-shell, which knows git's own commands and refuses the rest. */

import { spawn } from 'node:child_process';
import { ShellError } from './shell-error.ts';

export async function runGitShell(argv: readonly string[]): Promise<number> {
  const child = spawn('git-shell', [...argv], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).catch((error: unknown) => {
    throw new ShellError(`git-shell failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (code !== 0) throw new ShellError('git-shell failed');
  return 0;
}
