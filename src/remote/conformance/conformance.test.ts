// The contract of a Remote, over every Remote that needs no machine: in memory, proxied, clusters, wrapped.
import { describe, expect, test } from 'vitest';
import { GatewayBench, hashKey, seededRng, unverifiableKey } from '../../../test/support/gateway-bench.ts';
import { ObservedRemote } from '../../gateway/observed-remote.ts';
import { FaultyRemote } from '../faulty-remote.ts';
import type { Remote } from '../remote.ts';
import { isCapable, runCheck, type Capability, type ConformanceSubject } from './check.ts';
import { conformanceChecks } from './checks.ts';

function subject(
  build: (bench: GatewayBench) => Remote,
  lacking: readonly Capability[] = [],
): ConformanceSubject {
  const all: readonly Capability[] = ['lock', 'resume', 'verify', 'busy', 'shared', 'digest', 'time', 'held'];
  return {
    capabilities: new Set(all.filter((capability) => !lacking.includes(capability))),
    hashKey,
    unverifiableKey,
    open() {
      const bench = new GatewayBench();
      return Promise.resolve({
        remote: build(bench),
        advance: (ms: number) => bench.clock.advance(ms),
        held: () => bench.openDownloads,
        close: () => Promise.resolve(),
      });
    },
  };
}

const subjects: Record<string, ConformanceSubject> = {
  'a memory remote': subject((bench) => bench.memory(0), ['shared']),
  'a faulty remote without faults': subject(
    (bench) => new FaultyRemote(bench.memory(0), () => undefined),
    ['shared'],
  ),
  'an observed remote': subject(
    (bench) => {
      const { clock, report } = bench;
      return new ObservedRemote(bench.memory(0), { clock, report, rng: seededRng() });
    },
    ['shared'],
  ),
  'a proxied remote': subject((bench) => bench.proxied(bench.memory(0)), ['shared']),
  'a cluster of one node': subject(
    (bench) => bench.cluster([bench.node(bench.memory(0))]),
    ['lock', 'busy', 'digest'],
  ),
  'a cluster of three local nodes': subject(
    (bench) => bench.cluster([0, 1, 2].map((index) => bench.node(bench.memory(index)))),
    ['lock', 'busy', 'digest'],
  ),
  'a cluster of near and far nodes': subject(
    (bench) =>
      bench.cluster([0, 1, 2].map((index) => bench.node(bench.memory(index, { local: index === 0 })))),
    ['lock', 'busy', 'digest'],
  ),
  'a proxied cluster': subject(
    (bench) => bench.proxied(bench.cluster([bench.node(bench.memory(0))])),
    ['lock', 'busy', 'digest'],
  ),
};

describe.each(Object.entries(subjects))('%s', (_name, under) => {
  test.each(conformanceChecks.filter((check) => isCapable(check, under)))('$name', async (check) => {
    await expect(runCheck(check, under)).resolves.toBeUndefined();
  });
});
