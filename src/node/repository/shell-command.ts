/**
 * The commands a repository's owner may set for freezing, thawing and erasing content (annex.freezecontent-command and
 * its kin, or a hook script of the same purpose). They take the path as git-annex gives it: quoted for the shell in
 * place of `%path` or `%file`, or as the only argument of the hook.
 */

import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import type { ByteString } from '../../util/byte-string.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { errorText, filePath } from './file-system.ts';

export interface ShellCommand {
  /** The configured command line, or undefined to look for the hook. */
  readonly command: string | undefined;
  /** `%path` or `%file`. */
  readonly pathWord: string;
  /** The path of the hook script, which need not exist. */
  readonly hook: ByteString;
}

/** Runs it on `path`; false where there is no such command. Throws AnnexError('remote') where it fails. */
export async function runShellCommand(what: ShellCommand, path: ByteString): Promise<boolean> {
  if (what.command !== undefined && what.command !== '') {
    // Bytes that are not UTF-8 cannot be given to a shell through Node but as they are decoded.
    const quoted = `'${Buffer.from(path, 'latin1').toString('utf8').replaceAll("'", `'\\''`)}'`;
    await run('sh', ['-c', what.command.replaceAll(what.pathWord, () => quoted)], what.command);
    return true;
  }
  if (isExecutable(what.hook)) {
    const hook = Buffer.from(what.hook, 'latin1').toString('utf8');
    await run(hook, [Buffer.from(path, 'latin1').toString('utf8')], hook);
    return true;
  }
  return false;
}

/** Synchronous: a look at a name that is hardly ever there costs far less than a thread, and each object takes several. */
function isExecutable(path: ByteString): boolean {
  if (statSync(filePath(path), { throwIfNoEntry: false }) === undefined) return false;
  try {
    accessSync(filePath(path), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(program: string, args: readonly string[], name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    child.once('error', (error) => reject(new AnnexError('remote', `${name}: ${errorText(error)}`)));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new AnnexError('remote', `${name}: ended with ${code ?? 'a signal'}`));
    });
  });
}
