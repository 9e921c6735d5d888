import { expect, test } from 'vitest';
import { isRepositoryName, readRepositoryPath } from './repository-path.ts';

test.each([
  ['/data.git/info/refs', ['data', 'git', '/info/refs']],
  ['/data.git', ['data', 'git', '']],
  ['/data.git/', ['data', 'git', '/']],
  ['/lab/mice.git/a.git/b', ['lab/mice', 'git', '/a.git/b']],
  ['/lab/mice/git-annex/U/v4/put', ['lab/mice', 'annex', '/U/v4/put']],
  ['/lab/mice/files/main/files/x', ['lab/mice', 'files', '/main/files/x']],
  ['/lab/mice/files', ['lab/mice', 'files', '']],
  ['/m%C3%A4use/%66iles/%2e%2e/x', ['m\u00e4use', 'files', '/%2e%2e/x']],
  ['/a%2Fb/files/x', undefined],
  ['/%ff/files/x', undefined],
  ['/a//files/x', undefined],
  ['/git-annex/U/key/K', undefined],
  ['/files/x', undefined],
  ['/.git/config', undefined],
  ['/a/.git/config', undefined],
  ['/', undefined],
  ['', undefined],
  ['*', undefined],
])('%s', (path, wanted) => {
  const found = readRepositoryPath(path);
  expect(found && [found.name, found.side, found.rest]).toEqual(wanted);
});

test.each([
  ['data', true],
  ['lab/mice-2', true],
  ['Mäuse (alt)', true],
  ['status', false],
  ['lab/status', true],
  ['lab/files', false],
  ['git-annex', false],
  ['a/git-annex/b', false],
  ['a.git', false],
  ['a/../b', false],
  ['.', false],
  ['', false],
  ['a/', false],
  ['/a', false],
  ['a%b', false],
  ['a?b', false],
])('can be called %j: %s', (name, can) => expect(isRepositoryName(name)).toBe(can));
