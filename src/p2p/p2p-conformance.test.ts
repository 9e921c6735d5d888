// The contract of a Remote over the P2P protocol from end to end: P2PRemote against serveP2P, over a repository and over
// a cluster in memory, in each version of the protocol. What a version cannot do is listed; one that can all the same
// fails.
import { describe, expect, test } from 'vitest';
import {
  clusterUUID,
  GatewayBench,
  hashKey,
  makeDigest,
  unverifiableKey,
} from '../../test/support/gateway-bench.ts';
import { settle } from '../../test/support/manual-clock.ts';
import {
  isCapable,
  runCheck,
  type Capability,
  type ConformanceSubject,
} from '../remote/conformance/check.ts';
import { conformanceChecks } from '../remote/conformance/checks.ts';
import type { Remote } from '../remote/remote.ts';
import type { UUID } from '../types/uuid.ts';
import { bytesToByteString, byteStringToBytes } from '../util/byte-string.ts';
import type { Channel } from './channel.ts';
import { memoryChannels } from './memory-channel.ts';
import { openConversation } from './open-conversation.ts';
import { P2PRemote } from './p2p-remote.ts';
import { serveP2P } from './serve-p2p.ts';
import { Wire } from './wire.ts';

const client = '22222222-2222-4222-8222-222222222222' as UUID;

function serve(channel: Channel, remote: Remote): void {
  const serving = serveP2P(new Wire(channel), {
    remote,
    greeting: { type: 'known', clientUUID: client },
    mode: 'readwrite',
    requestId: 'served',
    signal: new AbortController().signal,
    events: () => undefined,
  });
  void serving.then(() => channel.end());
}

/** Asks for another version than the newest. Of none at all a server knows nothing. */
function asVersion(channel: Channel, version: number): Channel {
  return {
    read: () => channel.read(),
    write: (bytes) => {
      const isAsking = bytesToByteString(bytes.subarray(0, 20)) === 'VERSION 4\n';
      const asked = version === 0 ? 'NEWEST\n' : `VERSION ${version}\n`;
      return channel.write(isAsking ? byteStringToBytes(asked) : bytes);
    },
    end: () => channel.end(),
    destroy: (reason) => channel.destroy(reason),
  };
}

function over(bench: GatewayBench, served: Remote, version: number): P2PRemote {
  return new P2PRemote({
    uuid: served.uuid,
    kind: served.traits.kind,
    clock: bench.clock,
    makeDigest,
    connect: async ({ bypass, signal }) => {
      const [near, far] = memoryChannels();
      serve(far, served);
      const channel = asVersion(near, version);
      return await openConversation(channel, { uuid: served.uuid, bypass, clock: bench.clock, signal });
    },
  });
}

interface Under {
  readonly version: number;
  readonly kind: 'repository' | 'cluster';
}

function subject({ version, kind }: Under): ConformanceSubject {
  const all: readonly Capability[] = ['lock', 'resume', 'verify', 'busy', 'time', 'held'];
  return {
    capabilities: new Set(all.filter((capability) => kind === 'repository' || capability !== 'lock')),
    hashKey,
    unverifiableKey,
    open() {
      const bench = new GatewayBench();
      const served =
        kind === 'repository'
          ? bench.memory(0)
          : bench.cluster([0, 1, 2].map((index) => bench.node(bench.memory(index))));
      expect(served.uuid === clusterUUID).toBe(kind === 'cluster');
      const remote = over(bench, served, version);
      return Promise.resolve({
        remote,
        advance: (ms: number) => bench.clock.advance(ms),
        held: async () => {
          await settle();
          return bench.openDownloads + remote.busyConversations;
        },
        close: () => remote.close(),
      });
    },
  };
}

const always: Readonly<Record<string, string>> = {
  'uses the digest of the caller at offset 0, and does not feed it': 'digests do not go over the wire',
};
const noTime = 'there are neither GETTIMESTAMP nor deadlines before version 3';
const beforeVersion3: Readonly<Record<string, string>> = {
  'content that is not there counts as removed, whatever the deadline': noTime,
  'tells the time in whole seconds': noTime,
  'removes before a deadline': noTime,
  'does not remove at or after a deadline': noTime,
  'does not remove when the deadline has passed meanwhile': noTime,
  'does not remove what is locked, and does once it is released': noTime,
  'holds until the last of several locks is released': noTime,
  'holds though the one who asked is gone': noTime,
  'can be released twice': noTime,
  'holds for ten minutes, and then no more': noTime,
  'holds for ten more minutes when it is extended': noTime,
};
const noValidity = 'without VALID only a hash over the whole content tells that it is valid';
const inVersion0: Readonly<Record<string, string>> = {
  'stores content of a key without a size or a hash': noValidity,
  'does not keep a chunk that was overwritten while the upload was aborted': noValidity,
  'gives content from any offset': noValidity,
  'serves several downloads of one key at once': noValidity,
};

function exceptions(version: number): Readonly<Record<string, string>> {
  return { ...always, ...(version < 3 && beforeVersion3), ...(version < 1 && inVersion0) };
}

const unders: readonly Under[] = [
  { version: 4, kind: 'repository' },
  { version: 4, kind: 'cluster' },
  { version: 3, kind: 'repository' },
  { version: 2, kind: 'cluster' },
  { version: 1, kind: 'repository' },
  { version: 0, kind: 'repository' },
];

describe.each(unders)('version $version, $kind', (under) => {
  const checks = conformanceChecks.filter((check) => isCapable(check, subject(under)));
  const known = exceptions(under.version);
  test.each(checks)('$name', async (check) => {
    const outcome = runCheck(check, subject(under)).then(
      () => 'meets it',
      (error: unknown) => (check.name in known ? 'does not meet it' : Promise.reject(error as Error)),
    );
    expect(await outcome).toBe(check.name in known ? 'does not meet it' : 'meets it');
  });
});
