// The far side of a P2P conversation for tests of the client's side: it says what the test wants, nothing else, and
// keeps what it was told. What a whole server says is tested with whole servers.
import { openConversation } from '../../src/p2p/open-conversation.ts';
import { memoryChannels } from '../../src/p2p/memory-channel.ts';
import { P2PRemote, type P2PRemoteOptions } from '../../src/p2p/p2p-remote.ts';
import type { Channel } from '../../src/p2p/channel.ts';
import type { Key } from '../../src/types/key.ts';
import { bytesToByteString, byteStringToBytes } from '../../src/util/byte-string.ts';
import { patterned } from '../../src/remote/conformance/check.ts';
import { contextOf, hashKey, makeDigest, nodeUUID } from './gateway-bench.ts';
import { ManualClock, settle } from './manual-clock.ts';

export const uuid = nodeUUID(0);
export const other = nodeUUID(1);
export const content = patterned(1000, 1);
export const key: Key = hashKey(content);

/** The other end: what it is told is `heard`, what it says is up to the test. */
export class ScriptedServer {
  heard = '';
  isEnded = false;
  /** Whether it takes nothing more, as a process that was stopped. */
  isFrozen = false;
  readonly channel: Channel;
  constructor(channel: Channel) {
    this.channel = channel;
    void this.#listen();
  }
  async say(text: string): Promise<void> {
    await this.channel.write(byteStringToBytes(text));
    await settle();
  }
  async #listen(): Promise<void> {
    try {
      for (let bytes = await this.channel.read(); bytes !== undefined; bytes = await this.channel.read()) {
        this.heard += bytesToByteString(bytes);
        if (this.isFrozen) return;
      }
    } catch {
      // The test ends it.
    }
    this.isEnded = true;
  }
}

export class ClientBench {
  readonly clock: ManualClock = new ManualClock();
  readonly servers: ScriptedServer[] = [];
  readonly remote: P2PRemote;
  greeting = `AUTH-SUCCESS ${uuid}\nVERSION 4\n`;
  failure: Error | undefined;
  constructor(options: Partial<P2PRemoteOptions> = {}) {
    this.remote = new P2PRemote({
      uuid,
      clock: this.clock,
      makeDigest,
      connect: async ({ bypass, signal }) => {
        if (this.failure !== undefined) throw this.failure;
        const [near, far] = memoryChannels();
        const server = new ScriptedServer(far);
        this.servers.push(server);
        void server.say(this.greeting).catch(() => undefined);
        return await openConversation(near, { uuid, bypass, clock: this.clock, signal });
      },
      ...options,
    });
  }
  /** The server of the nth conversation, which must have been begun. */
  async server(index: number): Promise<ScriptedServer> {
    await settle();
    const server = this.servers[index];
    if (server === undefined) throw new Error(`no conversation ${index}`);
    return server;
  }
  /** Leaves one idle conversation. */
  async warm(): Promise<ScriptedServer> {
    const asking = this.remote.checkPresent(key, contextOf());
    const server = await this.server(this.servers.length === 0 ? 0 : this.servers.length);
    await server.say('SUCCESS\n');
    if (!(await asking)) throw new Error('not present');
    server.heard = '';
    return server;
  }
}
