/** Clears the path of a unix socket that a killed process left behind. */

import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { AnnexError } from '../../types/annex-error.ts';

/** Throws AnnexError('config') where somebody answers there, or where it is no socket. */
export async function removeStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new AnnexError('config', `${path} is there already, and is no socket`);
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (isAnswered) throw new AnnexError('config', `something listens at ${path} already`);
  await unlink(path);
}
