/**
 * What a running gateway does for a thin start of `annexus shell`: the same checks and the same conversation as in a process
 * of its own. Whatever is not plainly right is left to that process, which says what is wrong.
 */

import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { systemClock } from '../../node/clock.ts';
import type { GatewayHost } from '../../node/gateway/gateway-host.ts';
import type { ServeShell, ShellRequest } from '../../node/gateway/shell-door.ts';
import { serveP2P } from '../../p2p/serve-p2p.ts';
import { Wire } from '../../p2p/wire.ts';
import type { EventSink } from '../../types/event.ts';
import { parseUUID } from '../../types/uuid.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { version } from '../version.ts';
import { parseCommandWords } from './command-words.ts';
import { checkCommand, checkDirectory, resolveDirectory, serverMode } from './restrictions.ts';

/** Undefined where the shell has to start in full. May throw for the same reason. */
export async function serveStart(
  request: ShellRequest,
  { host, events }: { readonly host: GatewayHost; readonly events: EventSink },
): Promise<ServeShell | undefined> {
  const { env } = request;
  if (request.version !== version || env['HOME'] !== homedir()) return undefined;
  const command = parseCommandWords(request.argv);
  if (command.type !== 'command' || command.name !== 'p2pstdio' || command.debug) return undefined;
  checkCommand(command.name, env);
  checkDirectory(command.directory, env);
  if (!(await isThere(resolveDirectory(command.directory), host.annex.git.gitDir))) return undefined;
  const [clientText = '', ...excess] = command.parameters;
  const clientUUID = parseUUID(textToByteString(clientText));
  const wanted = parseUUID(textToByteString(command.uuid ?? host.annex.uuid));
  if (clientUUID === undefined || excess.length > 0 || wanted === undefined) return undefined;
  const remote = await host.resolve(wanted);
  if (remote === undefined) return undefined;
  return async (channel, signal) => {
    const requestId = `shell ${++counter}`;
    const greeting = { type: 'known', clientUUID } as const;
    const options = { remote, greeting, mode: serverMode(env), requestId, signal, events };
    const end = await serveP2P(new Wire(channel, { clock: systemClock, limits: host.limits }), options);
    if (end.type === 'ended') await channel.end();
  };
}

/** Whether the repository in that directory is this one. */
async function isThere(directory: string, gitDir: string): Promise<boolean> {
  const own = await realpath(gitDir);
  for (const place of [directory, `${directory}/.git`, `${directory}.git`]) {
    if ((await realpath(place).catch(() => undefined)) === own) return true;
  }
  return false;
}

let counter = 0;
