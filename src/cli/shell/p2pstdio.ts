/**
 * `p2pstdio DIRECTORY CLIENTUUID [--uuid UUID]`: one conversation of the P2P protocol over standard input and output, for
 * the repository itself, a remote that it proxies or a cluster that it is a gateway of. ssh did the authentication.
 */

import { systemClock, systemRng } from '../../node/clock.ts';
import { openAnnex } from '../../node/annex/open-annex.ts';
import { stdioChannel } from '../../node/channel/stdio-channel.ts';
import { serveP2P, type ConversationEnd } from '../../p2p/serve-p2p.ts';
import { Wire } from '../../p2p/wire.ts';
import type { Remote } from '../../remote/remote.ts';
import { parseUUID } from '../../types/uuid.ts';
import type { TimeLimits } from '../../types/time-limits.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { testLimits } from '../test-limits.ts';
import { serverMode } from './restrictions.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';
import { uninitialized, wantedUUID } from './wanted-uuid.ts';

export async function p2pStdio(session: ShellSession): Promise<number> {
  const { command, env, events, signal, say } = session;
  const [clientText = '', ...excess] = command.parameters;
  const clientUUID = parseUUID(textToByteString(clientText));
  if (clientUUID === undefined || excess.length > 0) throw new ShellError('missing UUID parameter');
  const limits = testLimits(env);
  const served = await openServed(session, limits);
  try {
    const channel = stdioChannel();
    const end = await serveP2P(new Wire(channel, { clock: systemClock, limits }), {
      remote: served.remote,
      greeting: { type: 'known', clientUUID },
      mode: serverMode(env),
      requestId: `shell ${process.pid}`,
      signal,
      events,
    });
    await handOver(session, served.remote, end);
    await channel.end();
    channel.destroy();
    if (end.type === 'ended') return 0;
    say(end.error instanceof Error ? end.error.message : String(end.error));
    return 1;
  } finally {
    await served.close();
  }
}

interface Served {
  readonly remote: Remote;
  close(): Promise<void>;
}

async function openServed(session: ShellSession, limits: TimeLimits): Promise<Served> {
  const { git, ownUUID, events } = session;
  const wanted = wantedUUID(session);
  if (ownUUID === undefined) {
    if (wanted !== undefined) throw uninitialized(wanted);
    throw new ShellError('Not a git-annex or gcrypt repository.');
  }
  const options = { clock: systemClock, rng: systemRng, events, limits };
  if (wanted === undefined || wanted === ownUUID) {
    const annex = await openAnnex(git, options);
    return { remote: annex.remote, close: () => annex.close() };
  }
  const { GatewayHost } = await import('../../node/gateway/gateway-host.ts');
  const host = await GatewayHost.open(git, options);
  const remote = await host.resolve(wanted);
  if (remote === undefined) {
    const { notServed } = await import('./served-uuid.ts');
    const error = await notServed(host, wanted);
    await host.close();
    throw error;
  }
  return { remote, close: () => host.close() };
}

/** Locks that would go with this process: one that nobody waits for takes them over, before this one ends. */
async function handOver(
  session: ShellSession,
  remote: Remote,
  { leftLocks }: ConversationEnd,
): Promise<void> {
  const locks = leftLocks
    .filter(({ lock }) => lock.outlivesProcess !== true)
    .map(({ key, lock }) => ({ key, untilMs: lock.untilMs }));
  if (locks.length === 0) return;
  const { startLockKeeper } = await import('./start-lock-keeper.ts');
  const isKept = await startLockKeeper({ gitDir: session.git.gitDir, uuid: remote.uuid, locks });
  if (!isKept) session.say('content that was not unlocked is locked no longer');
}
