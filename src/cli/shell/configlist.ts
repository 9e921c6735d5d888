/**
 * `configlist`: the repository's UUIDs, as clients ask for when they first see a remote. A git repository that is no annex
 * yet is made one where the client says so, or where its branches show that annexes were pushed to it.
 */

import { systemClock, systemRng } from '../../node/clock.ts';
import type { GitRepository } from '../../node/git/git-repository.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText, textToByteString } from '../../util/byte-string.ts';
import { checkMayInitialize } from './restrictions.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';
import { printLine } from './print-line.ts';

export async function configList(session: ShellSession): Promise<number> {
  const { command, git } = session;
  if (command.parameters.length > 0) throw new ShellError('This command takes no parameters.');
  if (command.uuid !== undefined) {
    const { assertOwnUUID } = await import('./served-uuid.ts');
    await assertOwnUUID(session);
  }
  const uuid = session.ownUUID ?? (await initializeIfWanted(session));
  const gcryptID = (await git.config()).get('core.gcrypt-id') ?? '';
  await printLine(`annex.uuid=${byteStringToText(uuid ?? '')}`);
  await printLine(`core.gcrypt-id=${byteStringToText(gcryptID)}`);
  return 0;
}

async function initializeIfWanted({ command, git, env, events }: ShellSession): Promise<UUID | undefined> {
  const isWanted = command.fields.get('autoinit') === '1' || (await hasAnnexBranch(git));
  if (!isWanted || (await git.config()).getBool('annex.autoinit') === false) return undefined;
  checkMayInitialize(env);
  const { defaultDescription } = await import('../../node/annex/initialize.ts');
  const { initializeAnnex } = await import('../../node/annex/initialize-annex.ts');
  return await initializeAnnex(git, {
    fallbackDescription: textToByteString(defaultDescription(git)),
    clock: systemClock,
    rng: systemRng,
    events,
  });
}

/** Its own branch, or one that was pushed or fetched: `origin/git-annex`, `synced/git-annex`. */
async function hasAnnexBranch(git: GitRepository): Promise<boolean> {
  const { stdout } = await git.run(['for-each-ref', '--format=%(refname)']);
  return /^refs\/(heads|remotes)\/(.*\/)?git-annex$/m.test(stdout.toString('latin1'));
}
