/** Where a server listens, and how a node:http server is bound there. */

import type { Server } from 'node:http';
import { AnnexError } from '../../types/annex-error.ts';
import { removeStaleSocket } from '../channel/stale-socket.ts';
import type { Certificates } from './certificates.ts';

export type Place = (AddressPlace | SocketPlace | DescriptorPlace) & {
  /** Where given, TLS is spoken there and nothing else. */
  readonly certificates?: Certificates | undefined;
};

export interface AddressPlace {
  /** Undefined: all addresses, IPv4 and IPv6. */
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
}

export interface SocketPlace {
  /** The path of a unix socket. One that a dead process left is replaced; it is removed when the server closes. */
  readonly socket: string;
  /** Permissions of the socket: its owner's alone where not given. */
  readonly mode?: number | undefined;
}

export interface DescriptorPlace {
  /** A descriptor on which someone listens already: systemd passes such. */
  readonly fd: number;
}

/** Throws AnnexError('config') saying why not. */
export async function bind(server: Server, place: Place): Promise<void> {
  if ('socket' in place) await removeStaleSocket(place.socket);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => reject(cannotListen(error, place));
    server.once('error', failed);
    const listening = (): void => {
      server.off('error', failed);
      resolve();
    };
    if (!('socket' in place)) {
      server.listen('fd' in place ? { fd: place.fd } : { host: place.host, port: place.port }, listening);
      return;
    }
    // Bound at once, so that nobody can connect who may not. Changing the mode later would be late.
    const mask = process.umask(0o777 & ~(place.mode ?? 0o700));
    server.listen({ path: place.socket }, listening);
    process.umask(mask);
  });
}

/** The URL of a bound server; `unix:PATH` or `fd:NUMBER` for a unix socket, which URLs have no place for. */
export function boundURL(server: Server, place: Place): string {
  if ('socket' in place) return `unix:${place.socket}`;
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return `fd:${'fd' in place ? place.fd : ''}`;
  const { address, port } = bound;
  const scheme = place.certificates === undefined ? 'http' : 'https';
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}/`;
}

function cannotListen(error: Error, place: Place): AnnexError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something listens there already, choose another with --port',
    EACCES: 'no permission, ports below 1024 are for root',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'there is no such address',
  };
  const reason = ('port' in place ? why[code ?? ''] : undefined) ?? message;
  return new AnnexError('config', `cannot listen on ${describe(place)}: ${reason}`, { cause: error });
}

function describe(place: Place): string {
  if ('socket' in place) return place.socket;
  if ('fd' in place) return `descriptor ${place.fd}`;
  return `port ${place.port} of ${place.host ?? 'all addresses'}`;
}
