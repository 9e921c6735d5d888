// Two kinds of tests: unit tests beside the source, and interoperability with real git-annex. The latter wait for other
// processes most of the time, so more of their files run at once than there are processors. Run one kind with
// `vitest run --project unit`.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Real git-annex is what the project is about: only outside CI can its absence be excused, and only on purpose.
const { CI, ANNEXUS_WITHOUT_GIT_ANNEX } = process.env;
const withoutGitAnnex = ANNEXUS_WITHOUT_GIT_ANNEX === '1' && (CI ?? '') === '';

const processors = availableParallelism();
const shared = { environment: 'node', pool: 'forks' } as const;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          setupFiles: ['test/support/fixed-seed.ts'],
          maxWorkers: Math.min(4, processors),
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'interop',
          include: withoutGitAnnex ? [] : ['test/interop/**/*.test.ts'],
          globalSetup: withoutGitAnnex ? [] : ['test/support/require-git-annex.ts'],
          maxWorkers: Math.min(4, processors + 1),
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
