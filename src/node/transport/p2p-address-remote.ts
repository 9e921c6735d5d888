/**
 * A peer on a P2P network as a Remote: over tor through its SOCKS proxy, over any other network by its program
 * `git-annex-p2p-NETWORK ADDRESS`, which relays its standard input and output (design/generic_p2p_transport). Peers ask
 * for a token before they speak.
 */

import { isAbsolute } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import type { Channel } from '../../p2p/channel.ts';
import { openConversation } from '../../p2p/open-conversation.ts';
import { P2PRemote } from '../../p2p/p2p-remote.ts';
import { processChannel } from '../channel/process-channel.ts';
import type { SocketAddress } from '../channel/socket-channel.ts';
import type { FarRemoteOptions } from './far-remote.ts';
import { readAuthToken, type P2PAddress } from './p2p-address.ts';
import { connectThroughSocks } from './socks5.ts';

export interface P2PAddressRemoteOptions extends FarRemoteOptions {
  readonly address: P2PAddress;
  /** Git directory of the repository whose remote it is; the tokens are there. */
  readonly gitDir: string;
  /** Where the network's program runs: the top of that repository. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** tor's proxy; 127.0.0.1 port 9050 unless told. */
  readonly torProxy?: SocketAddress | undefined;
}

/** Connects when it is first asked for something. */
export function openP2PAddressRemote(options: P2PAddressRemoteOptions): P2PRemote {
  const { address, uuid, ownUUID, clock, limits } = options;
  return new P2PRemote({
    ...options,
    connect: async ({ bypass, signal }) => {
      const token = await readAuthToken(address, options);
      const channel = await connect(options, signal);
      const auth = { ownUUID, token };
      return await openConversation(channel, { uuid, auth, bypass, clock, limits, signal });
    },
  });
}

async function connect(options: P2PAddressRemoteOptions, signal: AbortSignal): Promise<Channel> {
  const { address, directory, environment, torProxy = defaultTorProxy } = options;
  if (address.type === 'network') {
    if (!isAbsolute(directory)) throw new AnnexError('invariant', `${directory} is not absolute`);
    return processChannel({
      argv: [`git-annex-p2p-${address.network}`, address.address],
      cwd: directory,
      env: environment,
    });
  }
  const target = { host: address.onion, port: address.port };
  return await connectThroughSocks(torProxy, target, { timeoutMs: torTimeoutMs, signal });
}

const defaultTorProxy: SocketAddress = { host: '127.0.0.1', port: 9050 };
/** A circuit to a hidden service takes its time. */
const torTimeoutMs = 50_000;
