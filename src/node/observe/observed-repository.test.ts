// Which nodes are asked whether they are there, and how often.
import { expect, test } from 'vitest';
import { GatewayBench, gatewayUUID, nodeUUID, seededRng } from '../../../test/support/gateway-bench.ts';
import { ObservedRemote } from '../../gateway/observed-remote.ts';
import type { Remote } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { LiveState } from './live-state.ts';
import { ObservedRepository, type LookedAt } from './observed-repository.ts';

test('nodes that nobody asks are asked now and then, those that failed sooner', async () => {
  const bench = new GatewayBench();
  const { clock } = bench;
  const state = new LiveState(clock);
  const asked: number[] = [];
  const nodes = [0, 1].map((index) => {
    const memory = bench.memory(index);
    const remote = Object.assign(Object.create(memory) as Remote, {
      checkPresent: () => {
        asked.push(index);
        return index === 0 ? Promise.resolve(false) : Promise.reject(new AnnexError('peer', 'gone'));
      },
    });
    const observed = new ObservedRemote(remote, { clock, rng: seededRng(), report: state.sink });
    return { node: bench.node(observed), clusters: [] };
  });
  const host = {
    annex: {
      uuid: gatewayUUID,
      branch: { read: () => Promise.resolve(undefined) },
      sizes: { exclusively: () => new Promise(() => undefined) },
    },
    layout: { nodes, clusterNames: new Map() },
  } as unknown as LookedAt;
  const repository = new ObservedRepository('archive', host, clock);
  expect(repository.uuids).toEqual([gatewayUUID, nodeUUID(0), nodeUUID(1)]);
  // Sizes that take for ever keep nobody waiting.
  const look = (): Promise<void> => repository.look(state, 20);
  await look();
  expect(asked).toEqual([0, 1]);
  expect([0, 1].map((index) => state.health(nodeUUID(index)).reachable)).toEqual([true, false]);
  await look();
  expect(asked).toEqual([0, 1]);
  await clock.advance(2000);
  await look();
  expect(asked).toEqual([0, 1, 1]);
  await clock.advance(28_000);
  await look();
  expect(asked).toEqual([0, 1, 1, 0, 1]);
});
