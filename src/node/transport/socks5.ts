/**
 * The beginning of a connection through a SOCKS 5 proxy (RFC 1928), such as tor's, to a host that the proxy looks up.
 *
 *     C: 05 01 00                             one method: no authentication
 *     S: 05 00
 *     C: 05 01 00 03 LENGTH HOST PORT         connect to a name
 *     S: 05 00 00 ATYP ADDRESS PORT           then the host itself
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { Channel } from '../../p2p/channel.ts';
import { connectSocket, type ConnectSocketOptions, type SocketAddress } from '../channel/socket-channel.ts';

export interface SocksTarget {
  /** ASCII, at most 255 bytes. */
  readonly host: string;
  readonly port: number;
}

/** A channel to the target. The target must not speak first: what it says is taken for the proxy's. */
export async function connectThroughSocks(
  proxy: SocketAddress,
  target: SocksTarget,
  options: ConnectSocketOptions,
): Promise<Channel> {
  const channel = await connectSocket(proxy, options);
  const { signal, timeoutMs } = options;
  const abort = (): void => channel.destroy(new Error('aborted'));
  const timer = setTimeout(
    () => channel.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`)),
    timeoutMs,
  );
  signal.addEventListener('abort', abort, { once: true });
  try {
    await negotiate(channel, target);
    return channel;
  } catch (error) {
    channel.destroy();
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new AnnexError('peer', `cannot reach ${target.host} through the SOCKS proxy: ${reason}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function negotiate(channel: Channel, { host, port }: SocksTarget): Promise<void> {
  const reader = new Reader(channel);
  await channel.write(Uint8Array.of(5, 1, 0));
  const [version, method] = await reader.take(2);
  if (version !== 5 || method !== 0) throw new Error('it wants to be authenticated to');
  const name = Buffer.from(host, 'latin1');
  if (name.length === 0 || name.length > 255) throw new Error('the name of the host is too long');
  await channel.write(Uint8Array.of(5, 1, 0, 3, name.length, ...name, port >> 8, port & 0xff));
  const [, status = 1, , kind] = await reader.take(4);
  if (status !== 0) throw new Error(statusText[status] ?? `it refused with status ${status}`);
  const addressBytes = kind === 1 ? 4 : kind === 4 ? 16 : ((await reader.take(1))[0] ?? 0);
  await reader.take(addressBytes + 2);
  if (reader.leftBytes > 0) throw new Error('more was said than it should have');
}

/** Takes exact numbers of bytes from a channel. */
class Reader {
  readonly #channel: Channel;
  #rest: Buffer = Buffer.alloc(0);

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get leftBytes(): number {
    return this.#rest.length;
  }

  async take(count: number): Promise<Uint8Array> {
    while (this.#rest.length < count) {
      const bytes = await this.#channel.read();
      if (bytes === undefined) throw new Error('it hung up');
      this.#rest = Buffer.concat([this.#rest, bytes]);
    }
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }
}

const statusText: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed',
  3: 'the network cannot be reached',
  4: 'the host cannot be reached',
  5: 'the connection was refused',
  6: 'it took too long',
};
