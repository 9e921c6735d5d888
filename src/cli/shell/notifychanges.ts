/**
 * `notifychanges`: READY, and then a line for each time that refs changed, until standard input ends.
 *
 *     S: READY
 *     S: CHANGED 69220a786f7001b711d9bfec7da7c6229df01b39
 */

import process from 'node:process';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';
import { printLine } from './print-line.ts';
import { watchRefs } from '../../node/git/watch-refs.ts';

export async function notifyChanges(session: ShellSession): Promise<number> {
  const { command, ownUUID, git, signal } = session;
  if (command.parameters.length > 0) throw new ShellError('This command takes no parameters.');
  if (ownUUID === undefined) throw new ShellError('Not a git-annex or gcrypt repository.');
  if (command.uuid !== undefined) {
    const { assertServedUUID } = await import('./served-uuid.ts');
    await assertServedUUID(session);
  }
  const ended = new AbortController();
  const end = (): void => ended.abort();
  signal.addEventListener('abort', end, { once: true });
  process.stdin.resume().on('end', end).on('error', end).on('close', end);
  process.stdout.on('error', end);
  try {
    for await (const shas of watchRefs(git, ended.signal)) {
      await printLine(shas === 'watching' ? 'READY' : ['CHANGED', ...shas].join(' '));
    }
    return 0;
  } finally {
    process.stdin.destroy();
    signal.removeEventListener('abort', end);
  }
}
