import { describe, expect, test } from 'vitest';
import { textToByteString } from '../../../util/byte-string.ts';
import { presentation } from './presentation.ts';

function shown(name: string | undefined, isFileName = true): Record<string, string> {
  const { headers } = presentation({ name: name && textToByteString(name), isFileName });
  return Object.fromEntries(
    headers.flatMap((header, at) => (at % 2 === 0 ? [[header, headers[at + 1] ?? '']] : [])),
  );
}

describe('no page of this server', () => {
  test.each(['a.html', 'a.xhtml', 'a.svg', 'a.xml', 'a.HTM', 'a.txt', 'a', 'a.zip', undefined])(
    '%s is in a sandbox',
    (name) => {
      expect(shown(name)).toMatchObject({
        'Content-Security-Policy': 'sandbox',
        'X-Content-Type-Options': 'nosniff',
      });
    },
  );

  test.each(['a.js', 'a.mjs', 'a.cjs', 'a.wasm', 'a.es'])('%s is no script', (name) => {
    expect(shown(name)['Content-Type']).toMatch(/^(text\/plain|application\/octet-stream)/);
  });
});

test.each([
  ['photo.jpg', 'image/jpeg', 'inline'],
  ['dir/notes.txt', 'text/plain;charset=utf-8', 'inline'],
  ['table.csv', 'text/csv;charset=utf-8', 'inline'],
  ['paper.pdf', 'application/pdf', 'inline'],
  ['film.mp4', 'video/mp4', 'inline'],
  ['page.html', 'text/html', 'inline'],
  ['data.tar.gz', 'application/gzip', 'attachment'],
  ['scan.nii', 'application/octet-stream', 'attachment'],
  ['html', 'application/octet-stream', 'attachment'],
  ['.html', 'application/octet-stream', 'attachment'],
] as const)('%s is %s, %s', (name, type, disposition) => {
  const headers = shown(name);
  expect(headers['Content-Type']).toBe(type);
  expect(headers['Content-Disposition']).toBe(`${disposition}; filename="${name.split('/').at(-1)}"`);
});

test('a PDF is shown, which browsers do not do in a sandbox', () => {
  expect(shown('a.pdf')['Content-Security-Policy']).toBeUndefined();
});

test.each([
  ['ümläut.txt', `inline; filename="_ml_ut.txt"; filename*=UTF-8''%C3%BCml%C3%A4ut.txt`],
  ['say "hi".txt', String.raw`inline; filename="say \"hi\".txt"`],
  ['50%41.txt', `inline; filename="50%41.txt"; filename*=UTF-8''50%2541.txt`],
  ['a\r\nX-Evil: 1.txt', 'inline; filename="a__X-Evil: 1.txt"'],
  ['a;b.txt', 'inline; filename="a;b.txt"'],
])('the name %j', (name, expected) => {
  expect(shown(name)['Content-Disposition']).toBe(expected);
});

test('what a browser could run as a page', () => {
  const isActive = (name: string): boolean => presentation({ name, isFileName: true }).isActive;
  expect(
    ['a.html', 'a.xhtml', 'a.svg', 'a.xml', 'a.rss', 'a.mathml'].filter((name) => !isActive(name)),
  ).toEqual([]);
  expect(['a.txt', 'a.jpg', 'a.pdf', 'a.js', 'a'].filter(isActive)).toEqual([]);
});

test('the name of a key tells the type, and is no name to save it under', () => {
  expect(shown('abc123.png', false)).toMatchObject({
    'Content-Type': 'image/png',
    'Content-Disposition': 'inline',
  });
});
