import { expect, test } from 'vitest';
import { sendfileHeader } from './sendfile.ts';

const accel = { header: 'X-Accel-Redirect', root: '/data/annex', prefix: '/protected/' } as const;

test.each([
  ['/data/annex/objects/a', '/protected/objects/a'],
  ['/data/annex/a%b c?d\xff', '/protected/a%25b%20c%3Fd%FF'],
  ['/data/annexes/a', undefined],
  ['/data/annex', undefined],
  ['/etc/passwd', undefined],
])('nginx is told %s as %s', (file, value) => {
  expect(sendfileHeader(accel, file)?.[1]).toBe(value);
  expect(sendfileHeader({ ...accel, root: '/data/annex/' }, file)?.[1]).toBe(value);
});

test('Apache and lighttpd are told the path on disk, where both would read the same', () => {
  const sendfile = { header: 'X-Sendfile', root: '/' } as const;
  expect(sendfileHeader(sendfile, '/a/b c&a')).toEqual(['X-Sendfile', '/a/b c&a']);
  for (const file of ['/a%41', '/a\xff', '/a\nb']) expect(sendfileHeader(sendfile, file)).toBeUndefined();
});

test('nobody is told of what is no file', () => {
  expect(sendfileHeader(accel, undefined)).toBeUndefined();
  expect(sendfileHeader(undefined, '/data/annex/a')).toBeUndefined();
});
