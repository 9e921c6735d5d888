import { expect, test } from 'vitest';
import { endpointClass } from './endpoint-class.ts';

const uuid = 'f97413fe-ba4c-44ae-bb98-acdac2d7ef19';

test.each([
  [`/git-annex/${uuid}/v4/put?key=x`, 'put'],
  [`/lab/data/git-annex/${uuid}/v4/remove-before`, 'remove-before'],
  [`/git-annex/${uuid}/v4/key/WORM--x`, 'key'],
  [`/git-annex/${uuid}/key/put`, 'key'],
  [`/git-annex/${uuid}/v4/anything`, 'other'],
  ['/git-annex/put', 'other'],
  ['/data.git/info/refs?service=git-upload-pack', 'git'],
  ['/lab/data.git/git-receive-pack', 'git'],
  ['/data.git/config', 'config'],
  ['/data/files/main/a/b', 'files'],
  ['/healthz', 'server'],
  ['/status?refresh=0', 'server'],
  ['/a/status', 'other'],
  ['/', 'other'],
  ['', 'other'],
  ['/?/git-annex/x/v4/put', 'other'],
])('%s is %s', (path, expected) => {
  expect(endpointClass(path)).toBe(expected);
});
