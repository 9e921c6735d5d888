/**
 * A gateway on one port: the annex API for all that the repository serves, and where asked the repository's git side.
 * Closing lets running requests finish within a limit, then commits the journals.
 */

import { basename } from 'node:path';
import { annexHttp } from '../../p2p/http/annex-http.ts';
import type { AccessPolicy } from '../../p2p/http/access.ts';
import type { Served } from '../../p2p/http/endpoint.ts';
import { theOnly } from '../../p2p/http/named-repository.ts';
import { LockTable } from '../../p2p/http/lock-table.ts';
import type { UUID } from '../../types/uuid.ts';
import type { SocketDoor } from '../channel/socket-door.ts';
import { gitSide } from '../git-http/git-side.ts';
import { filesHandler } from '../files/files-handler.ts';
import { openSendfile, type SendfileOptions } from '../http/open-sendfile.ts';
import type { Observatory } from '../observe/observatory.ts';
import { listen, type Listener } from '../http/listen.ts';
import type { Place } from '../http/place.ts';
import { GatewayHost, type HostOptions } from './gateway-host.ts';
import { openShellDoor, type ServeShell, type ShellRequest } from './shell-door.ts';

export interface ServeOptions extends HostOptions {
  /** The repository, or a folder in it. */
  readonly path: string;
  readonly places: readonly Place[];
  readonly access: AccessPolicy;
  readonly lockedFiles?: number | undefined;
  /** Serves the git side at `/NAME.git/` and the files of branches at `/NAME/files/` too. */
  readonly gitName?: string | undefined;
  /** The web server in front sends content of this machine's disks by itself. */
  readonly sendfile?: SendfileOptions | undefined;
  /** Looks at the server, and answers who asks how it is. Its events are to be `events`. */
  readonly observatory?: Observatory | undefined;
  /** Serves conversations that thin starts of `annexus shell` hand over. */
  readonly shell?:
    | ((request: ShellRequest, host: GatewayHost) => Promise<ServeShell | undefined>)
    | undefined;
}

export interface ServedGateway {
  readonly host: GatewayHost;
  readonly listener: Listener;
  /** Resolves when all that was running has ended or been ended, and everything is committed. */
  close(): Promise<void>;
}

export async function serveGateway(options: ServeOptions): Promise<ServedGateway> {
  const { access, clock, rng, events, limits } = options;
  const host = await GatewayHost.open(options.path, { peerLookMs, ...options });
  const { shell } = options;
  let door: SocketDoor | undefined;
  try {
    const locks = new LockTable({ clock, rng, maxLocks: options.lockedFiles });
    const resolve = async (uuid: UUID): Promise<Served | undefined> => {
      const remote = await host.resolve(uuid);
      return remote && { remote, access, publicURL: async (key) => await host.publicURL(key, uuid) };
    };
    const sendfile = options.sendfile && (await openSendfile(options.sendfile));
    const annex = annexHttp({ resolve, locks, sendfile });
    const git =
      options.gitName === undefined
        ? []
        : [
            {
              raw: gitSide({
                find: theOnly({ name: options.gitName, host, access }),
                events,
                annexURL: () => '/git-annex/',
              }),
            },
            filesHandler({ host, access, sendfile, name: options.gitName }),
          ];
    const accept = async (request: ShellRequest): Promise<ServeShell | undefined> =>
      await shell?.(request, host);
    door = shell && (await openShellDoor({ git: host.annex.git, accept }));
    const { observatory } = options;
    const listener = await listen({
      places: options.places,
      handlers: [...git, annex, ...(observatory?.handlers ?? [])],
      events,
      limits,
      traceOf: observatory?.traceOf,
    });
    observatory?.add(options.gitName ?? nameOf(host), host);
    observatory?.listening(listener);
    return {
      host,
      listener,
      async close() {
        observatory?.closing();
        await door?.close();
        await listener.close({ limitMs: closeLimitMs });
        locks.close();
        await host.close();
      },
    };
  } catch (error) {
    await door?.close();
    await host.close();
    throw error;
  }
}

/** What people call it: the folder of its work tree, or its own. */
function nameOf({ annex }: GatewayHost): string {
  return basename(annex.git.workTree ?? annex.git.gitDir, '.git');
}

/** For how long running requests may go on when a server closes. */
export const closeLimitMs = 30_000;
/** How often a gateway looks at the others of its clusters. */
export const peerLookMs = 5000;
