// The table of interop reference §6.11, and what is no URL of this kind.
import { describe, expect, test } from 'vitest';
import { parseUUID, type UUID } from '../../../types/uuid.ts';
import { parseAnnexUrl, repositoryPath } from './annex-url.ts';

const uuid = parseUUID('U') as UUID;

describe('paths', () => {
  test.each([
    ['annex+http://h/git-annex/', '/git-annex/U'],
    ['annex+http://h/git-annex', '/git-annex/U'],
    ['annex+http://h', '/git-annex/U'],
    ['annex+http://h/', '/git-annex/U'],
    ['annex+http://h/foo/', '/foo/git-annex/U'],
    ['annex+http://h/foo/git-annex/', '/foo/git-annex/git-annex/U'],
    ['annex+http://h/git-annex/U', '/git-annex/U/git-annex/U'],
  ])('%s', (text, path) => {
    expect(repositoryPath(parseAnnexUrl(text)!, uuid)).toBe(path);
  });

  test('of a UUID in brackets', () => {
    expect(repositoryPath(parseAnnexUrl('annex+http://h')!, parseUUID('[a]') as UUID)).toBe(
      '/git-annex/%5BW2Fd%5D',
    );
  });
});

test('ports, hosts and credentials', () => {
  expect(parseAnnexUrl('annex+http://h/')).toMatchObject({ secure: false, host: 'h', port: 9417 });
  expect(parseAnnexUrl('ANNEX+HTTPS://h:443')).toMatchObject({ secure: true, port: 443 });
  expect(parseAnnexUrl('annex+http://[::1]:80/x')).toMatchObject({ host: '::1', port: 80, basePath: '/x' });
  expect(parseAnnexUrl('annex+https://me:p%40ss:w@h/git-annex/')).toMatchObject({
    text: 'annex+https://h/git-annex/',
    credentials: { user: 'me', password: 'p@ss:w' },
  });
  expect(parseAnnexUrl('annex+https://me@h/')).toMatchObject({ credentials: { user: 'me', password: '' } });
});

test.each([
  '',
  'http://h/',
  'annex+ssh://h/',
  'annex+http://',
  'annex+http:///git-annex',
  'annex+http://h:0/',
  'annex+http://h:65536/',
  'annex+http://h/?query',
  'annex+http://h/a b',
  'annex+http://h\n/',
])('no annex+http URL: %j', (text) => {
  expect(parseAnnexUrl(text)).toBeUndefined();
});
