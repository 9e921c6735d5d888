/**
 * Hands content locks over to a process of their own, which holds them until their time is over. It has nothing of this
 * process's standard streams, so that the ssh session ends.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';

export interface KeptLocks {
  readonly gitDir: string;
  /** The repository, proxied remote or cluster whose locks they are. */
  readonly uuid: UUID;
  readonly locks: readonly { readonly key: Key; readonly untilMs: number }[];
}

/** Resolves once the keeper has the locks, so that they can go here: false where it could not take all of them. */
export async function startLockKeeper(kept: KeptLocks): Promise<boolean> {
  const program = fileURLToPath(new URL('./lock-keeper.cjs', import.meta.url));
  // The directory is only for people who look at the list of processes.
  const child = spawn(process.execPath, [program, kept.gitDir], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const timer = setTimeout(() => child.kill(), patienceMs);
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(kept));
  let said = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  await Promise.race([once(child.stdout, 'end'), once(child, 'error')]);
  clearTimeout(timer);
  child.unref();
  return said === keeperReady;
}

export const keeperReady = 'locked\n';

const patienceMs = 10_000;
