/** `dropkey --force KEY…`: removes content without regard to copies; for clients that have counted them. */

import { namedKeys, sessionContext } from './named-keys.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';
import { withOwnAnnex } from './with-own-annex.ts';

export async function dropKey(session: ShellSession): Promise<number> {
  const { command, say } = session;
  if (!command.force)
    throw new ShellError("dropkey can cause data loss; use --force if you're sure you want to do this");
  const keys = namedKeys(command);
  return await withOwnAnnex(session, async ({ remote, uuid }) => {
    let status = 0;
    for (const key of keys) {
      const removed = await remote.remove(key, {}, sessionContext(session, uuid));
      if (removed.removed) continue;
      say(removed.reason);
      status = 1;
    }
    return status;
  });
}
