// The contract of a Remote, over a gateway whose nodes are repositories on disk: one proxied, and a cluster of three.
import { describe, expect, test } from 'vitest';
import { GatewayBench, hashKey, nodeUUID, unverifiableKey } from '../../../test/support/gateway-bench.ts';
import { setUp } from '../../../test/support/disk-harness.ts';
import {
  isCapable,
  runCheck,
  type Capability,
  type ConformanceSubject,
} from '../../remote/conformance/check.ts';
import { conformanceChecks } from '../../remote/conformance/checks.ts';
import type { Remote } from '../../remote/remote.ts';

function subject(
  nodes: number,
  capabilities: readonly Capability[],
  build: (bench: GatewayBench, disks: readonly Remote[]) => Remote,
): ConformanceSubject {
  return {
    capabilities: new Set(capabilities),
    hashKey,
    unverifiableKey,
    async open() {
      const bench = new GatewayBench();
      const disks = await Promise.all(
        Array.from({ length: nodes }, async (_, at) => await setUp({}, at === 1, nodeUUID(at))),
      );
      return {
        remote: build(
          bench,
          disks.map(({ remote }) => remote),
        ),
        advance: async (ms) => {
          await bench.clock.advance(ms);
          for (const { clock } of disks) clock.advance(ms);
          // A lock that has run out is let go in the background.
          await new Promise((resolve) => setTimeout(resolve, 100));
        },
        close: async () => {
          await Promise.all(disks.map(async ({ remote }) => await remote.close()));
        },
      };
    },
  };
}

const subjects: Record<string, ConformanceSubject> = {
  'a proxied repository on disk': subject(
    1,
    ['lock', 'resume', 'verify', 'busy', 'digest', 'time'],
    (bench, disks) => bench.proxied(disks[0]!),
  ),
  'a cluster of three repositories on disk': subject(
    3,
    ['resume', 'verify', 'shared', 'time'],
    (bench, disks) => bench.cluster(disks.map((disk) => bench.node(disk))),
  ),
};

describe.each(Object.entries(subjects))('%s', (_name, under) => {
  test.each(conformanceChecks.filter((check) => isCapable(check, under)))('$name', async (check) => {
    await expect(runCheck(check, under)).resolves.toBeUndefined();
  });
});
