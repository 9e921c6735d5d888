// What a gateway serves, out of what its config and its branch say.
import { describe, expect, test } from 'vitest';
import {
  clusterUUID,
  contextOf,
  GatewayBench,
  gatewayUUID,
  hashKey,
  makeDigest,
  nodeUUID,
  seededRng,
} from '../../test/support/gateway-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { MemoryRemote } from '../remote/memory-remote.ts';
import type { UUID } from '../types/uuid.ts';
import { Cluster } from './cluster.ts';
import { buildGateway, type ConfiguredRemote, type Gateway, type GatewayConfig } from './gateway.ts';
import { selectLackingNodes } from './node-choice.ts';

function setUp(change: Partial<GatewayConfig> = {}, remote: Partial<ConfiguredRemote> = {}): Gateway {
  const bench = new GatewayBench();
  const own = new MemoryRemote({ uuid: gatewayUUID, clock: bench.clock, makeDigest });
  const remotes = [0, 1, 2].map((index) => ({
    name: `n${index}`,
    cost: 100,
    remote: bench.memory(index),
    proxy: false,
    clusterNode: ['mycluster'],
    ...(index === 0 ? remote : {}),
  }));
  const config: GatewayConfig = {
    own,
    remotes,
    proxied: [
      { uuid: nodeUUID(0), name: 'n0' },
      { uuid: nodeUUID(1), name: 'n1' },
      { uuid: clusterUUID, name: 'mycluster' },
    ],
    clusters: new Map([[clusterUUID, [0, 1, 2].map(nodeUUID)]]),
    clusterNames: new Map([['mycluster', clusterUUID]]),
    dead: new Set(),
    ...change,
  };
  return buildGateway(config, {
    tracker: bench.tracker,
    clock: bench.clock,
    rng: seededRng(),
    makeDigest,
    selectNodes: selectLackingNodes(bench.report),
    report: bench.report,
  });
}

/** Which nodes a cluster stores to. */
async function nodesOf(gateway: Gateway): Promise<readonly UUID[]> {
  const content = patterned(10, 1);
  const cluster = gateway.resolve(clusterUUID);
  const answer = await cluster?.store(hashKey(content), {}, contextOf());
  if (answer?.type !== 'upload') return [];
  const upload = uploadOf(answer);
  await sendAll(upload, content);
  return (await upload.finish('valid')).plusUUIDs;
}

test('the repository itself, its proxied remotes and its clusters', async () => {
  const gateway = setUp();
  expect(gateway.resolve(gatewayUUID)?.uuid).toBe(gatewayUUID);
  expect(gateway.resolve(nodeUUID(0))?.uuid).toBe(nodeUUID(0));
  expect(gateway.resolve(clusterUUID)).toBeInstanceOf(Cluster);
  expect(gateway.resolve(nodeUUID(2))).toBeUndefined();
  expect(gateway.served.map(({ uuid }) => uuid)).toEqual([
    gatewayUUID,
    nodeUUID(0),
    nodeUUID(1),
    clusterUUID,
  ]);
  expect(await nodesOf(gateway)).toEqual([0, 1, 2].map(nodeUUID));
});

describe('a remote is proxied', () => {
  test('with annex-proxy, or as a node of a cluster of this gateway', () => {
    expect(setUp({}, { clusterNode: [] }).resolve(nodeUUID(0))).toBeUndefined();
    expect(setUp({}, { clusterNode: ['other'] }).resolve(nodeUUID(0))).toBeUndefined();
    expect(setUp({}, { clusterNode: [], proxy: true }).resolve(nodeUUID(0))).toBeDefined();
  });

  test('only under the name that proxy.log has', () => {
    expect(setUp({}, { name: 'renamed' }).resolve(nodeUUID(0))).toBeUndefined();
  });

  test('never in place of the repository itself', () => {
    const gateway = setUp({ proxied: [{ uuid: gatewayUUID, name: 'n0' }] });
    expect(gateway.resolve(gatewayUUID)).toBeInstanceOf(MemoryRemote);
  });
});

describe('a cluster is served', () => {
  test('only with proxy.log, cluster.log and annex.cluster', () => {
    expect(setUp({ proxied: [] }).resolve(clusterUUID)).toBeUndefined();
    expect(setUp({ clusters: new Map() }).resolve(clusterUUID)).toBeUndefined();
    expect(setUp({ clusterNames: new Map() }).resolve(clusterUUID)).toBeUndefined();
  });

  test('with the nodes that are configured, recorded and not dead', async () => {
    const recorded = new Map([[clusterUUID, [nodeUUID(0), nodeUUID(1)]]]);
    expect(await nodesOf(setUp({ clusters: recorded }))).toEqual([nodeUUID(0), nodeUUID(1)]);
    expect(await nodesOf(setUp({ dead: new Set([nodeUUID(1)]) }))).toEqual([nodeUUID(0), nodeUUID(2)]);
    expect(await nodesOf(setUp({}, { clusterNode: [] }))).toEqual([nodeUUID(1), nodeUUID(2)]);
  });

  test('without any node: it answers, and takes nothing', async () => {
    const gateway = setUp({ clusters: new Map([[clusterUUID, []]]) });
    expect(gateway.resolve(clusterUUID)).toBeInstanceOf(Cluster);
    expect(await nodesOf(gateway)).toEqual([]);
  });
});
