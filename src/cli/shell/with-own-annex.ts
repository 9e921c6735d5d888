/** Opens the repository that a command of the shell is for, as an annex, and commits and closes whatever happens. */

import { openAnnex, type OpenAnnex } from '../../node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../node/clock.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';

export async function withOwnAnnex(
  session: ShellSession,
  work: (annex: OpenAnnex) => Promise<number>,
): Promise<number> {
  if (session.command.uuid !== undefined) {
    const { assertOwnUUID } = await import('./served-uuid.ts');
    await assertOwnUUID(session);
  }
  if (session.ownUUID === undefined) throw new ShellError('Not a git-annex or gcrypt repository.');
  const { events } = session;
  const annex = await openAnnex(session.git, { clock: systemClock, rng: systemRng, events });
  try {
    return await work(annex);
  } finally {
    await annex.close();
  }
}
