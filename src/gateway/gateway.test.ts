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
import { FaultyRemote } from '../remote/faulty-remote.ts';
import { MemoryRemote } from '../remote/memory-remote.ts';
import type { Remote } from '../remote/remote.ts';
import type { UUID } from '../types/uuid.ts';
import { Cluster } from './cluster.ts';
import {
  buildGateway,
  type ConfiguredRemote,
  type Gateway,
  type GatewayConfig,
  type GatewayOnTheWay,
} from './gateway.ts';
import { placeWhereLacking } from './placement.ts';

function setUp(
  change: Partial<GatewayConfig> = {},
  remote: Partial<ConfiguredRemote> = {},
  bench: GatewayBench = new GatewayBench(),
): Gateway {
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
    placement: placeWhereLacking,
    report: bench.report,
    loads: bench.loads,
    uploads: bench.uploads,
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

describe('through another gateway', () => {
  const other = '00000000-0000-4000-8000-00000000000e' as UUID;
  const behind: GatewayOnTheWay = {
    uuid: other,
    clusters: [clusterUUID],
    proxied: [
      { uuid: nodeUUID(0), name: 'g1-n0' },
      { uuid: nodeUUID(3), name: 'n3' },
      { uuid: nodeUUID(9), name: 'n9' },
    ],
  };

  /** A gateway whose remotes are one that exists only through another gateway, and node 0. */
  function setUpBehind(
    uuid: UUID,
    ways: readonly (Partial<ConfiguredRemote> & { readonly name: string })[],
    bench: GatewayBench = new GatewayBench(),
  ): {
    readonly gateway: Gateway;
    readonly asked: string[];
  } {
    const asked: string[] = [];
    const remoteOf = (name: string): Remote =>
      new FaultyRemote(
        new MemoryRemote({ uuid, clock: bench.clock, makeDigest, traits: { kind: 'cluster', local: false } }),
        (step) => {
          if (step === 'checkPresent' || step === 'store') asked.push(name);
          return undefined;
        },
      );
    const node = { name: 'n0', cost: 100, remote: bench.memory(0), proxy: false, clusterNode: ['mycluster'] };
    const remotes = ways.map((way) => ({
      cost: 200,
      remote: remoteOf(way.name),
      proxy: false,
      clusterNode: [],
      behind,
      ...way,
    }));
    const proxied = [
      { uuid: clusterUUID, name: 'mycluster' },
      { uuid, name: 'g2-name' },
    ];
    const clusters = new Map([[clusterUUID, [0, 1, 2, 3].map(nodeUUID)]]);
    return { gateway: setUp({ proxied, clusters, remotes: [node, ...remotes] }, {}, bench), asked };
  }

  async function askedFor(
    ways: readonly (Partial<ConfiguredRemote> & { readonly name: string })[],
    bypass: readonly UUID[] = [],
  ): Promise<readonly string[]> {
    const { gateway, asked } = setUpBehind(clusterUUID, ways);
    const key = hashKey(patterned(10, 1));
    await gateway.resolve(clusterUUID)?.checkPresent(key, contextOf(undefined, bypass));
    return asked.sort();
  }

  test('the same cluster is a node, where that gateway is configured as one of it', async () => {
    expect(await askedFor([{ name: 'g2-mycluster' }])).toEqual(['g2-mycluster']);
    expect(await askedFor([{ name: 'g2-mycluster', behind: { ...behind, clusters: [] } }])).toEqual([]);
    expect(await askedFor([{ name: 'g2-mycluster', behind: undefined }])).toEqual([]);
    expect(await askedFor([{ name: 'g2-mycluster', behind: { ...behind, uuid: gatewayUUID } }])).toEqual([]);
  });

  test('a client that came through it is not sent back', async () => {
    expect(await askedFor([{ name: 'g2-mycluster' }], [other])).toEqual([]);
    expect(await askedFor([{ name: 'g2-mycluster' }], [nodeUUID(7)])).toEqual(['g2-mycluster']);
  });

  test('each gateway is asked once, by the cheapest of its remotes', async () => {
    const third = { ...behind, uuid: nodeUUID(8) };
    const ways = [{ name: 'dear', cost: 300 }, { name: 'cheap' }, { name: 'third', behind: third }];
    expect(await askedFor(ways)).toEqual(['cheap', 'third']);
    expect(await askedFor(ways, [nodeUUID(8)])).toEqual(['cheap']);
  });

  test('it has a key where the nodes that it reaches are logged to have it, and no others', async () => {
    const nearer: GatewayOnTheWay = {
      ...behind,
      uuid: nodeUUID(8),
      proxied: [{ uuid: nodeUUID(2), name: 'n2' }],
    };
    const far = { ...behind, proxied: [...behind.proxied, { uuid: nodeUUID(2), name: 'g3-n2' }] };
    const ways = [
      { name: 'far', behind: far },
      { name: 'nearer', behind: nearer },
    ];
    const storedAt = async (...logged: readonly number[]): Promise<readonly string[]> => {
      const bench = new GatewayBench();
      const { gateway, asked } = setUpBehind(clusterUUID, ways, bench);
      const key = hashKey(patterned(10, 1));
      await bench.log.logChange(key, { present: logged.map(nodeUUID), missing: [] });
      await gateway.resolve(clusterUUID)?.store(key, {}, contextOf());
      return asked.sort();
    };
    expect(await storedAt()).toEqual(['far', 'nearer']);
    expect(await storedAt(3)).toEqual(['nearer']);
    expect(await storedAt(2)).toEqual(['far']);
    expect(await storedAt(0)).toEqual(['far', 'nearer']);
    expect(await storedAt(2, 3)).toEqual([]);
  });

  test('a repository is proxied, where that gateway is configured as one of any cluster, or it is to be proxied', () => {
    const resolves = (way: Partial<ConfiguredRemote>): boolean =>
      setUpBehind(nodeUUID(3), [{ name: 'g2-name', ...way }]).gateway.resolve(nodeUUID(3)) !== undefined;
    expect(resolves({})).toBe(true);
    expect(resolves({ behind: { ...behind, clusters: [] } })).toBe(false);
    expect(resolves({ behind: { ...behind, clusters: [] }, proxy: true })).toBe(true);
    expect(resolves({ name: 'renamed' })).toBe(false);
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

test('its nodes are told once each, with the clusters that they are nodes of', () => {
  const { nodes, clusterNames } = setUp();
  expect(nodes.map(({ node, clusters }) => [node.name, node.cost, clusters])).toEqual([
    ['n0', 100, [clusterUUID]],
    ['n1', 100, [clusterUUID]],
    ['n2', 100, [clusterUUID]],
  ]);
  expect([...clusterNames]).toEqual([['mycluster', clusterUUID]]);
  // One that is no node of a cluster any more is proxied still.
  const alone = setUp({ clusters: new Map() }).nodes;
  expect(alone.map(({ node, clusters }) => [node.name, clusters])).toEqual([
    ['n0', []],
    ['n1', []],
  ]);
});
