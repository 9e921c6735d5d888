/**
 * A gateway on one port: the annex API for all that the repository serves, and where asked the repository's git side.
 * Closing lets running requests finish within a limit, then commits the journals.
 */

import { basename } from 'node:path';
import { annexHttp } from '../../p2p/http/annex-http.ts';
import type { AccessPolicy } from '../../p2p/http/access.ts';
import type { Served } from '../../p2p/http/endpoint.ts';
import { LockTable } from '../../p2p/http/lock-table.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import type { SocketDoor } from '../channel/socket-door.ts';
import { gitSide } from '../git-http/git-side.ts';
import type { Observatory } from '../observe/observatory.ts';
import { listen, type Listener } from '../http/listen.ts';
import { GatewayHost, type HostOptions } from './gateway-host.ts';
import { openShellDoor, type ServeShell, type ShellRequest } from './shell-door.ts';

export interface ServeOptions extends HostOptions {
  /** The repository, or a folder in it. */
  readonly path: string;
  /** Address to listen on; undefined: all. */
  readonly host: string | undefined;
  readonly port: number;
  readonly access: AccessPolicy;
  readonly lockedFiles?: number | undefined;
  /** Serves the git side at `/NAME.git/` too. */
  readonly gitName?: string | undefined;
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
  const { access, clock, rng, events, limits, clusterJobs } = options;
  const host = await GatewayHost.open(options.path, { clock, rng, events, limits, peerLookMs, clusterJobs });
  const { shell } = options;
  let door: SocketDoor | undefined;
  try {
    const lockLimit = options.lockedFiles === undefined ? {} : { maxLocks: options.lockedFiles };
    const locks = new LockTable({ clock, rng, ...lockLimit });
    const resolve = async (uuid: UUID): Promise<Served | undefined> => {
      const remote = await host.resolve(uuid);
      return remote && { remote, access };
    };
    const annex = annexHttp({ resolve, locks });
    const git =
      options.gitName === undefined
        ? []
        : [{ raw: gitSide({ host, access, events, name: options.gitName }) }];
    const accept = async (request: ShellRequest): Promise<ServeShell | undefined> =>
      await shell?.(request, host);
    door = shell && (await openShellDoor({ gitDir: host.annex.git.gitDir, accept }));
    const { host: address, port } = options;
    const { observatory } = options;
    const listener = await listen({
      host: address,
      port,
      handlers: [...git, annex, ...(observatory?.handlers ?? [])],
      events,
      limits,
      traceOf: observatory?.traceOf,
    }).catch((error: unknown) => {
      throw cannotListen(error, { address: address ?? 'all addresses', port });
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

function cannotListen(
  error: unknown,
  where: { readonly address: string; readonly port: number },
): AnnexError {
  const place = `port ${where.port} of ${where.address}`;
  const { code, message } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something listens there already, choose another with --port',
    EACCES: 'no permission, ports below 1024 are for root',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'there is no such address',
  };
  return new AnnexError('config', `cannot listen on ${place}: ${why[code ?? ''] ?? message}`, {
    cause: error,
  });
}

const closeLimitMs = 30_000;
const peerLookMs = 5000;
