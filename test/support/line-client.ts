/** The client's side of a conversation of the line protocol in memory, which says and hears lines as a test has them. */

import { afterEach } from 'vitest';
import type { Channel } from '../../src/p2p/channel.ts';
import { memoryChannels } from '../../src/p2p/memory-channel.ts';
import { serveP2P, type ConversationEnd, type ServeP2POptions } from '../../src/p2p/serve-p2p.ts';
import { Wire } from '../../src/p2p/wire.ts';
import type { MemoryRemote } from '../../src/remote/memory-remote.ts';
import type { Remote } from '../../src/remote/remote.ts';
import type { Event } from '../../src/types/event.ts';
import type { Key } from '../../src/types/key.ts';
import { bytesToByteString, byteStringToBytes } from '../../src/util/byte-string.ts';
import { GatewayBench, contextOf, hashKey, unverifiableKey } from './gateway-bench.ts';

export const contentText = 'some content of nin';
export const content: Uint8Array = byteStringToBytes(contentText);
/** The key of that content. */
export const key: Key = hashKey(content);
/** A key of three bytes that no hash can verify. */
export const worm: Key = unverifiableKey('w', 3);

export type LineClientOptions = Partial<
  Pick<ServeP2POptions, 'mode' | 'greeting' | 'connect' | 'notifyChange'>
>;

/** A client that was greeted and agreed on a version; on none for 0. It is ended after the test. */
export async function agreedClient(
  remote: Remote,
  version: number,
  options: LineClientOptions = {},
): Promise<LineClient> {
  const client = new LineClient(remote, options);
  const greeting = await client.hear();
  if (greeting !== `AUTH-SUCCESS ${remote.uuid}`) throw new Error(`greeted by ${greeting}`);
  if (version > 0) await client.talk(`VERSION ${version}`);
  return client;
}

export function memoryNode(options: { readonly capacityBytes?: number } = {}): MemoryRemote {
  return new GatewayBench().memory(0, options);
}

/** One that has the content. */
export function holdingNode(): MemoryRemote {
  const node = memoryNode();
  node.contents.set(key, content);
  return node;
}

export class LineClient {
  readonly events: Event[] = [];
  readonly ended: Promise<ConversationEnd>;
  readonly #channel: Channel;
  readonly #controller = new AbortController();
  #unread = new Uint8Array(0);

  constructor(remote: Remote, options: LineClientOptions = {}) {
    const [here, there] = memoryChannels();
    this.#channel = here;
    this.ended = serveP2P(new Wire(there), {
      remote,
      mode: 'readwrite',
      greeting: { type: 'known', clientUUID: contextOf().clientUUID },
      requestId: 'test',
      signal: this.#controller.signal,
      events: (event) => void this.events.push(event),
      ...options,
    });
    running.add(this);
  }

  /** The reasons of answers that say no. */
  get refusals(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'request-refused' ? [event.reason] : []));
  }

  async say(line: string): Promise<void> {
    await this.sayBytes(`${line}\n`);
  }

  async sayBytes(bytes: string): Promise<void> {
    await this.#channel.write(byteStringToBytes(bytes));
  }

  async hear(): Promise<string> {
    for (;;) {
      const at = this.#unread.indexOf(0x0a);
      if (at !== -1) return bytesToByteString((await this.hearBytes(at + 1)).subarray(0, at));
      await this.#more();
    }
  }

  async hearLines(count: number): Promise<readonly string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.hear());
    return lines;
  }

  async hearBytes(count: number): Promise<Uint8Array> {
    while (this.#unread.length < count) await this.#more();
    const bytes = this.#unread.slice(0, count);
    this.#unread = this.#unread.slice(count);
    return bytes;
  }

  /** Says a line and hears one. */
  async talk(line: string): Promise<string> {
    await this.say(line);
    return await this.hear();
  }

  /** Stores content, from offset 0, and hears what came of it. */
  async put(name: Key, bytes: string, validity: string | undefined): Promise<string> {
    const offer = await this.talk(`PUT  ${name}`);
    if (offer !== 'PUT-FROM 0') return offer;
    await this.say(`DATA ${bytes.length}`);
    await this.sayBytes(bytes);
    if (validity !== undefined) await this.say(validity);
    return await this.hear();
  }

  /** Says no more. */
  async hangUp(): Promise<void> {
    await this.#channel.end();
  }

  /** Breaks the connection. */
  cut(): void {
    this.#unread = new Uint8Array(0);
    this.#channel.destroy(new Error('cut'));
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Whatever the test left: the conversation ends. Throws where the server said what the test did not hear. */
  async finish(): Promise<void> {
    await this.hangUp();
    this.#controller.abort(new Error('the test is over'));
    await this.ended;
    if (this.#unread.length > 0)
      throw new Error(`the server also said ${bytesToByteString(this.#unread.subarray(0, 1000))}`);
  }

  async #more(): Promise<void> {
    const bytes = await this.#channel.read();
    if (bytes === undefined) throw new Error('the server said no more');
    const joined = new Uint8Array(this.#unread.length + bytes.length);
    joined.set(this.#unread);
    joined.set(bytes, this.#unread.length);
    this.#unread = joined;
  }
}

const running = new Set<LineClient>();
afterEach(async () => {
  const clients = [...running];
  running.clear();
  for (const client of clients) await client.finish();
});
