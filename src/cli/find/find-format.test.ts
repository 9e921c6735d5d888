import { expect, test } from 'vitest';
import { formatFound, parseFindFormat } from './find-format.ts';

test.each([
  ['${file}|${key}', 'a b|K'],
  ['${file;6}|${file;-6}|${file;2}', '   a b|a b   |a b'],
  ['${odd}|${escaped_odd}|${escaped_odd;12}', 'é\t"|\\303\\251\\t\\"|\\303\\251\\t\\"'],
  ['${odd;5}|', '  é\t"|'],
  ['${none}|${none;3}|${;2}|', '|   |  |'],
  ['${file;x}|$ $$ {file} ${open', 'a b|$ $$ {file} ${open'],
  ['\\n\\t\\v\\a\\\\|\\101\\x41\\000|\\q\\8\\1', '\n\t\v\x07\\|AA\0|q81'],
])('the format %j gives %j', (format, expected) => {
  const values = new Map([
    ['file', 'a b'],
    ['key', 'K'],
    ['odd', Buffer.from('é\t"').toString('latin1')],
  ]);
  const found = formatFound(parseFindFormat(format), values);
  expect(Buffer.from(found, 'latin1').toString()).toBe(expected);
});
