// What is left of a choice that failed.
import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, nodeUUID } from '../../test/support/gateway-bench.ts';
import { sampleRepositories, subjectWith } from '../../test/support/repositories.ts';
import { patterned } from '../remote/conformance/check.ts';
import type { LiveSizes, SizeLedger } from './live-sizes.ts';
import { MemorySizes } from './memory-sizes.ts';
import { PreferredPlacement } from './preferred-placement.ts';

test('room is given up where it cannot be reserved at all nodes', async () => {
  const bench = new GatewayBench();
  const memory = new MemorySizes([0, 1].map((index) => [nodeUUID(index), 0n]));
  let calls = 0;
  const sizes: LiveSizes = {
    exclusively: (judge) =>
      memory.exclusively((ledger) => {
        const failing: SizeLedger = {
          sizeOf: (uuid) => ledger.sizeOf(uuid),
          reserve: (key, uuids) => {
            if (++calls === 2) throw new Error('no space left on device');
            return ledger.reserve(key, uuids);
          },
        };
        return judge(failing);
      }),
  };
  const repositories = sampleRepositories({ [nodeUUID(0)]: { maxSize: 1000n }, [nodeUUID(1)]: {} });
  const placement = new PreferredPlacement({
    facts: {
      repositories: () => Promise.resolve(repositories),
      subject: (key, { file }) => Promise.resolve(subjectWith({ key, file, locations: new Set() })),
    },
    sizes,
    report: bench.report,
  });
  const nodes = [0, 1].map((index) => bench.node(bench.memory(index)));
  const cluster = bench.cluster(nodes, { placement });
  await expect(cluster.store(hashKey(patterned(100, 1)), {}, contextOf())).rejects.toThrow('no space left');
  expect(memory.sizeOf(nodeUUID(0))).toBe(0n);
});
