// git-annex's own conformance checks, `git annex testremote --fast` of both releases, against a proxied node and the
// cluster. Three checks ask a remote that cannot be reached and expect errors; since testremote takes away only the
// path of the repository, and not annexUrl, the latest release fails them with git-annex's own server as well.
import { describe, expect, test } from 'vitest';
import { releases } from '../support/git-annex.ts';
import { withWorld } from './scenario/world.ts';

const failsEverywhere = new Set([
  'unavailable remote: removeKey',
  'unavailable remote: storeKey',
  'unavailable remote: checkPresent',
]);

describe.each(releases().map((client) => ({ name: client.name, client })))(
  'git-annex $name',
  ({ client }) => {
    test.each(['origin-node1', 'origin-mycluster'])('testremote --fast %s', async (remote) => {
      await withWorld({ client, bare: true }, async (world) => {
        const { stdout, stderr } = await world.client.annex(['testremote', '--fast', remote], {
          allow: 'any',
          timeoutMs: 110_000,
        });
        const output = stdout + stderr;
        const failed = failures(output).filter((name) => !failsEverywhere.has(name));
        // It ran to its end, and as many checks as it has.
        const ran = /out of (\d+) tests failed|All (\d+) tests passed/.exec(output);
        const complete = Number(ran?.[1] ?? ran?.[2] ?? 0) > 100;
        expect(failed.length === 0 && complete ? '' : output).toBe('');
      });
    });
  },
);

/** "group: check" of each check that failed, from the tree that the program prints. */
function failures(output: string): string[] {
  const failed: string[] = [];
  let group = '';
  for (const line of output.split('\n')) {
    const heading = /^ {2}(\S.*?)\s*$/.exec(line);
    if (heading?.[1] !== undefined) group = heading[1];
    const check = /^ {4}(\S[^:]*):\s+FAIL\b/.exec(line);
    if (check?.[1] !== undefined) failed.push(`${group}: ${check[1]}`);
  }
  return failed;
}
