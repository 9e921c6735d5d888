/**
 * A repository behind ssh as a Remote: `git-annex-shell p2pstdio` at the other end, one process for each conversation,
 * kept and used again, all over one connection to the host (interop reference §5.2, §7.8).
 */

import { openConversation } from '../../p2p/open-conversation.ts';
import { P2PRemote } from '../../p2p/p2p-remote.ts';
import { processChannel } from '../channel/process-channel.ts';
import type { FarRemoteOptions } from './far-remote.ts';
import { annexShellCommand, sshArgv, type SshSettings } from './ssh-command.ts';
import type { SshConnections } from './ssh-connections.ts';
import type { SshUrl } from './ssh-url.ts';

export interface SshRemoteOptions extends FarRemoteOptions {
  readonly url: SshUrl;
  readonly settings: SshSettings;
  /** Shared by all remotes of the gateway, and closed after them. */
  readonly connections: SshConnections;
}

/** Connects when it is first asked for something. */
export function openSshRemote(options: SshRemoteOptions): P2PRemote {
  const { url, uuid, ownUUID, settings, connections, clock, limits } = options;
  const remoteCommand = annexShellCommand(settings.annexShell, {
    command: 'p2pstdio',
    path: url.path,
    parameters: [ownUUID],
    uuid,
  });
  const statusText = new Map([[255, `ssh cannot connect to ${url.destination}`]]);
  return new P2PRemote({
    ...options,
    connect: ({ bypass, signal }) =>
      connections.share(url, { settings, signal }, (controlPath) => {
        const channel = processChannel({
          argv: sshArgv(url, settings, { controlPath, remoteCommand }),
          env: connections.environment,
          statusText,
        });
        return openConversation(channel, { uuid, bypass, clock, limits, signal });
      }),
  });
}
