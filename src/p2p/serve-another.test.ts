// SERVE (doc/protocol/serve.md): a client that comes by an address gets what the listening repository proxies for, and a
// peer that does not know the message is left in peace.
import { describe, expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, makeDigest, nodeUUID } from '../../test/support/gateway-bench.ts';
import { patterned } from '../remote/conformance/check.ts';
import type { UUID } from '../types/uuid.ts';
import { memoryChannels } from './memory-channel.ts';
import { openConversation } from './open-conversation.ts';
import { P2PRemote } from './p2p-remote.ts';
import { serveP2P } from './serve-p2p.ts';
import { Wire } from './wire.ts';

const own = '22222222-2222-4222-8222-222222222222' as UUID;
const content = patterned(1000, 1);
const key = hashKey(content);

/** A peer that listens as repository 0 and proxies for repository 1, if it knows how to say so. */
function remoteAt(uuid: UUID, knowsServe: boolean): P2PRemote {
  const bench = new GatewayBench();
  const [listening, proxied] = [bench.memory(0), bench.memory(1)];
  proxied.contents.set(key, content);
  return new P2PRemote({
    uuid,
    clock: bench.clock,
    makeDigest,
    connect: async ({ bypass, signal }) => {
      const [near, far] = memoryChannels();
      const serving = serveP2P(new Wire(far), {
        remote: listening,
        resolve: knowsServe
          ? (wanted) => Promise.resolve([listening, proxied].find((each) => each.uuid === wanted))
          : undefined,
        greeting: { type: 'token', isValid: (token) => token === 'secret' },
        mode: 'readwrite',
        requestId: 'served',
        signal: new AbortController().signal,
        events: () => undefined,
      });
      void serving.then(() => far.end());
      const auth = { ownUUID: own, token: 'secret' };
      return await openConversation(near, { uuid, auth, bypass, clock: bench.clock, signal });
    },
  });
}

describe('SERVE', () => {
  test('leads to what is proxied, and is not said for the repository that listens', async () => {
    expect(await remoteAt(nodeUUID(1), true).checkPresent(key, contextOf())).toBe(true);
    expect(await remoteAt(nodeUUID(0), true).checkPresent(key, contextOf())).toBe(false);
    expect(await remoteAt(nodeUUID(0), false).checkPresent(key, contextOf())).toBe(false);
  });

  test('a repository that is not served, and a peer that does not know the message, are errors that say so', async () => {
    await expect(remoteAt(nodeUUID(2), true).checkPresent(key, contextOf())).rejects.toThrow(
      /does not lead to it: not configured to proxy for repository/,
    );
    await expect(remoteAt(nodeUUID(1), false).checkPresent(key, contextOf())).rejects.toThrow(
      /does not lead to it: unknown command/,
    );
  });
});
