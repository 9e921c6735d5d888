/**
 * `p2pstdio DIRECTORY CLIENTUUID [--uuid UUID]`: one conversation of the P2P protocol over standard input and output, for
 * the repository itself, a remote that it proxies or a cluster that it is a gateway of. ssh did the authentication.
 */

import { systemClock, systemRng } from '../../node/clock.ts';
import { openAnnex, type OpenAnnex } from '../../node/annex/open-annex.ts';
import { stdioChannel } from '../../node/channel/stdio-channel.ts';
import { serveP2P, type ConversationEnd } from '../../p2p/serve-p2p.ts';
import { Wire } from '../../p2p/wire.ts';
import type { Remote } from '../../remote/remote.ts';
import { parseUUID } from '../../types/uuid.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { serverMode } from './restrictions.ts';
import { notServed, uninitialized, wantedUUID } from './served-uuid.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';

export async function p2pStdio(session: ShellSession): Promise<number> {
  const { command, env, events, signal, say } = session;
  const [clientText = '', ...excess] = command.parameters;
  const clientUUID = parseUUID(textToByteString(clientText));
  if (clientUUID === undefined || excess.length > 0) throw new ShellError('missing UUID parameter');
  const served = await openServed(session);
  try {
    const channel = stdioChannel();
    const end = await serveP2P(new Wire(channel), {
      remote: served.remote,
      greeting: { type: 'known', clientUUID },
      mode: serverMode(env),
      requestId: `shell ${process.pid}`,
      signal,
      events,
    });
    if (end.leftLocks.length > 0 && !(await served.keepsLocks())) await handOver(session, served.remote, end);
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
  /** Whether its content locks hold though this process ends. */
  keepsLocks(): Promise<boolean>;
  close(): Promise<void>;
}

async function openServed(session: ShellSession): Promise<Served> {
  const { git, ownUUID, events } = session;
  const wanted = wantedUUID(session);
  if (ownUUID === undefined) {
    if (wanted !== undefined) throw uninitialized(wanted);
    throw new ShellError('Not a git-annex or gcrypt repository.');
  }
  const options = { clock: systemClock, rng: systemRng, events };
  if (wanted === undefined || wanted === ownUUID) {
    const annex = await openAnnex(git, options);
    return { remote: annex.remote, keepsLocks: () => hasRetention(annex), close: () => annex.close() };
  }
  const { GatewayHost } = await import('../../node/gateway/gateway-host.ts');
  const host = await GatewayHost.open(git, options);
  const remote = await host.resolve(wanted);
  if (remote === undefined) {
    const error = await notServed(host, wanted);
    await host.close();
    throw error;
  }
  return { remote, keepsLocks: () => Promise.resolve(false), close: () => host.close() };
}

/** From version 10 on a file beside the object says until when it is locked, whatever became of who locked it. */
async function hasRetention({ remote }: OpenAnnex): Promise<boolean> {
  return (await remote.repository.settings()).version >= 10;
}

/** Other locks go with their process: one that nobody waits for takes them over, before this one ends. */
async function handOver(
  session: ShellSession,
  remote: Remote,
  { leftLocks }: ConversationEnd,
): Promise<void> {
  const { startLockKeeper } = await import('./start-lock-keeper.ts');
  const locks = leftLocks.map(({ key, lock }) => ({ key, untilMs: lock.untilMs }));
  const isKept = await startLockKeeper({ gitDir: session.git.gitDir, uuid: remote.uuid, locks });
  if (!isKept) session.say('content that was not unlocked is locked no longer');
}
