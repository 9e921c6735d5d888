/** What proxies that are trusted say of the client that they pass on: X-Forwarded-For, X-Forwarded-Proto, X-Request-Id. */

import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { saneRequestId } from './request-id.ts';

export interface Forwarded {
  /** Undefined where the proxy does not say, or nothing that makes sense. */
  readonly address: string | undefined;
  readonly secure: boolean | undefined;
  readonly requestID: string | undefined;
}

/** @param address undefined: a peer at a unix socket */
export type IsTrusted = (address: string | undefined) => boolean;

/** Undefined where the peer is not trusted. */
export function readForwarded(
  message: IncomingMessage,
  isTrusted: IsTrusted | undefined,
): Forwarded | undefined {
  if (isTrusted?.(plainAddress(message.socket.remoteAddress)) !== true) return undefined;
  const { headers } = message;
  const proto = lastOf(headers['x-forwarded-proto']);
  return {
    address: clientAddress(headers['x-forwarded-for'], isTrusted),
    secure: proto === undefined ? undefined : proto.toLowerCase() === 'https',
    requestID: saneRequestId(lastOf(headers['x-request-id'])),
  };
}

/** A socket for both families names IPv4 clients by IPv6 addresses. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Each proxy appends its peer: whom the last trusted one names is the client, and what stands before it is hearsay. */
function clientAddress(header: string | string[] | undefined, isTrusted: IsTrusted): string | undefined {
  const chain = listOf(header).map((text) => plainAddress(text.replace(/^\[(.*)\]$/, '$1')));
  let client: string | undefined;
  for (const address of chain.toReversed()) {
    if (address === undefined || isIP(address) === 0) break;
    client = address;
    if (!isTrusted(address)) break;
  }
  return client;
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return listOf(header).at(-1);
}

function listOf(header: string | string[] | undefined): readonly string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
