// Two kinds of tests: unit tests beside the source, and interoperability with real git-annex, one file at a
// time since those start many processes and measure time. Run one kind with `vitest run --project unit`.
import { defineConfig } from 'vitest/config';

// Real git-annex is what the project is about: only outside CI can its absence be excused, and only on purpose.
const { CI, ANNEXUS_WITHOUT_GIT_ANNEX } = process.env;
const withoutGitAnnex = ANNEXUS_WITHOUT_GIT_ANNEX === '1' && (CI ?? '') === '';

const shared = { environment: 'node', pool: 'forks' } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          setupFiles: ['test/support/fixed-seed.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'interop',
          include: withoutGitAnnex ? [] : ['test/interop/**/*.test.ts'],
          globalSetup: withoutGitAnnex ? [] : ['test/support/require-git-annex.ts'],
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
