// `npm run bench` runs under vitest because it shares the fixtures of the interoperability tests, which do.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    include: ['bench/*.bench.ts'],
    globalSetup: ['test/support/require-git-annex.ts'],
    testTimeout: 900_000,
    disableConsoleIntercept: true,
  },
});
