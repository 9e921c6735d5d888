// What vicfg makes of edited text, beyond what the interoperability test compares with git-annex.
import { expect, test } from 'vitest';
import { parseEdited, type Edited } from './parse.ts';
import { exactSizeText, parseExactSize } from './exact-size-text.ts';
import { settings } from './settings.ts';
import type { Configuration } from './text.ts';

const uuid = '00000001-0000-4000-8000-000000000000';
const before: Configuration = new Map([
  [settings.trust, new Map([[uuid, 'untrusted']])],
  [settings.wanted, new Map([[uuid, 'present']])],
  [settings.numcopies, new Map([['default', '2']])],
  [settings.maxsize, new Map([[uuid, '1.5 megabytes']])],
  [settings.description, new Map([[uuid, 'laptop']])],
]);

function changes(text: string): readonly string[] {
  const edited: Edited = parseEdited(text, before);
  if (edited.type === 'errors')
    return edited.text.split('\n').filter((line) => line.includes('Parse error in'));
  return edited.changes.map(({ setting, field, value }) => `${setting.name} ${field} = ${value}`);
}

test('a removed line brings back the default, where there is one', () => {
  expect(changes('# nothing but a comment\n')).toEqual([`trust ${uuid} = semitrusted`, `wanted ${uuid} = `]);
});

test('what is the same in other words is no change', () => {
  const same = [
    `trust ${uuid}=untrusted`,
    `  wanted ${uuid} =   present\t\r`,
    'numcopies default = 2',
    `maxsize ${uuid} = 1500000`,
    `description ${uuid} = laptop`,
  ];
  expect(changes(same.join('\n'))).toEqual([]);
  expect(changes([...same, `description ${uuid} = `, 'mincopies default = 2'].join('\n'))).toEqual([
    'mincopies default = 2',
    `description ${uuid} = `,
  ]);
});

test('what git-annex would take and not read back is an error', () => {
  const mark = '# ** Parse error in next line: ';
  expect(
    changes(
      `trust a b = dead\nnumcopies foo = 2\nnumcopies default = 0\nmaxsize ${uuid} = -5\ngroupwanted a b = present\n`,
    ),
  ).toEqual([
    `${mark}not a UUID: "a b"`,
    `${mark}the only field is "default", not "foo"`,
    `${mark}0 is no number of copies`,
    `${mark}parse error (expected a size such as "100 gb")`,
    `${mark}"a b" is more than one word`,
  ]);
});

test('sizes read back as the same number', () => {
  expect([0n, 1n, 1500000n, 1234567n, 12345678901n].map(exactSizeText)).toEqual([
    '0.0 bytes',
    '1.0 bytes',
    '1.5 megabytes',
    '1.234567 megabytes',
    '12.345678901 gigabytes',
  ]);
  expect(exactSizeText(12345678901234567891n)).toBe('12345678901234567891 bytes');
  expect(parseExactSize('12345678901234567891 bytes')).toBe(12345678901234567891n);
});
