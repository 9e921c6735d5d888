import { expect, test } from 'vitest';
import { AnnexError } from '../../types/annex-error.ts';
import { failureReply, refusedReply } from './failure.ts';
import { withoutPaths } from './without-paths.ts';

test.each([
  [
    "storing X: EACCES: permission denied, open '/srv/my data/a'",
    "storing X: EACCES: permission denied, open '…'",
  ],
  ['the node U cannot be reached: it is not at /srv/a/.git', 'the node U cannot be reached: it is not at …'],
  ['git cat-file in /srv/a.git failed: fatal: (/srv/b)', 'git cat-file in … failed: fatal: (…)'],
  ['/srv/a: annex.version is 3', '…: annex.version is 3'],
  ['safe.directory=/srv/a', 'safe.directory=…'],
  ['fatal:/srv/a', 'fatal:…'],
  ['node a: no answer; node b: /srv/b, /srv/c', 'node a: no answer; node b: …, …'],
])('%s', (message, told) => {
  expect(withoutPaths(message)).toBe(told);
});

test.each([
  'no answer from http://[::1]:80/git-annex/U and file:///x',
  'URL-s3--http&c%%host/a/b is not present',
  '3/4 nodes, and and/or',
  'no path',
])('says nothing of this machine: %s', (message) => {
  expect(withoutPaths(message)).toBe(message);
});

test('no reply to a failure or a refusal tells a place on this machine', () => {
  const error = Object.assign(new Error("EACCES: permission denied, open '/srv/a'"), { code: 'EACCES' });
  expect(failureReply(error).body).toBe("request failed: EACCES: permission denied, open '…'");
  expect(failureReply(new AnnexError('peer', 'it is not at /srv/a')).body).toBe('it is not at …');
  const refused = refusedReply({ type: 'refused', code: 'unavailable', reason: 'it is not at /srv/a' });
  expect(refused.body).toBe('it is not at …');
});
