/** `inannex KEY…`: exit status 0 where all are present, 1 where one is missing, 100 where it cannot be known. */

import { namedKeys, sessionContext } from './named-keys.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';
import { withOwnAnnex } from './with-own-annex.ts';

export async function inAnnex(session: ShellSession): Promise<number> {
  const keys = namedKeys(session.command);
  return await withOwnAnnex(session, async ({ remote, uuid }) => {
    for (const key of keys) {
      const isPresent = await remote
        .checkPresent(key, sessionContext(session, uuid))
        .catch((error: unknown) => {
          throw new ShellError(error instanceof Error ? error.message : String(error), unknownStatus);
        });
      if (!isPresent) return 1;
    }
    return 0;
  });
}

const unknownStatus = 100;
