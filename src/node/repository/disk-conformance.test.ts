// The contract of a Remote over a repository on disk, bare and not.
import { readdir, readlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { hashKey, unverifiableKey } from '../../../test/support/gateway-bench.ts';
import { setUp } from '../../../test/support/disk-harness.ts';
import {
  isCapable,
  runCheck,
  type Capability,
  type ConformanceSubject,
} from '../../remote/conformance/check.ts';
import { conformanceChecks } from '../../remote/conformance/checks.ts';

const everywhere: readonly Capability[] = ['lock', 'resume', 'verify', 'busy', 'digest', 'time'];

function subject(bare: boolean, config: Record<string, string> = {}): ConformanceSubject {
  return {
    capabilities: new Set(process.platform === 'linux' ? [...everywhere, 'held' as const] : everywhere),
    hashKey,
    unverifiableKey,
    async open() {
      const { remote, clock, annex } = await setUp(config, bare);
      return {
        remote,
        advance: async (ms) => {
          clock.advance(ms);
          // A lock that has run out is let go in the background.
          await new Promise((resolve) => setTimeout(resolve, 50));
        },
        held: () => openObjects(annex),
        close: () => remote.close(),
      };
    },
  };
}

/** Objects of the annex that this process has open. */
async function openObjects(annex: string): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
  return paths.filter((path) => path.startsWith(`${annex}/objects/`)).length;
}

const subjects: Record<string, ConformanceSubject> = {
  'a repository with a work tree': subject(false),
  'a bare repository': subject(true),
  'a repository with thin objects': subject(false, { 'annex.thin': 'true' }),
};

describe.each(Object.entries(subjects))('%s', (_name, under) => {
  test.each(conformanceChecks.filter((check) => isCapable(check, under)))('$name', async (check) => {
    await expect(runCheck(check, under)).resolves.toBeUndefined();
  });
});
