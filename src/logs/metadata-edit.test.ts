// Edits of metadata, as real git-annex worked them out.
import { expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { changeOfEdits, isMetaDataField, type MetaDataEdit } from './metadata-edit.ts';

const current = new Map([
  ['x', ['1', '2']],
  ['tag', ['a', 'b']],
]);

const edit = (
  type: 'set' | 'add' | 'remove' | 'set-if-unset',
  field: string,
  value: string,
): MetaDataEdit => ({
  type,
  field,
  value,
});
const without = (field: string): MetaDataEdit => ({ type: 'remove-field', field });
const all: MetaDataEdit = { type: 'remove-all' };

/** The values that change, as git-annex's log has them. */
function changed(...edits: readonly MetaDataEdit[]): string | undefined {
  const change = changeOfEdits(current, edits);
  if (change === undefined) return undefined;
  const words: string[] = [];
  for (const [name, values] of change.set) {
    const signed = [...values].map((value) => `+${value}`);
    const unset = [...(change.unset.get(name) ?? [])].map((value) => `-${value}`);
    const byValue = [...signed, ...unset].sort((left, right) => (left.slice(1) < right.slice(1) ? -1 : 1));
    words.push([name, ...byValue].join(' '));
  }
  return words.sort().join(' ');
}

test.each<[string | undefined, readonly MetaDataEdit[]]>([
  ['x -1 -2 +7 +8', [edit('set', 'x', '7'), edit('set', 'x', '8')]],
  ['x -1 -2 +8', [edit('set', 'x', '1'), edit('set', 'x', '8')]],
  ['x -1 -2', [edit('set', 'x', '1'), without('x')]],
  ['x +1 -2', [without('x'), edit('set', 'x', '1')]],
  ['x +1', [edit('remove', 'x', '1'), edit('add', 'x', '1')]],
  ['x -1', [edit('add', 'x', '1'), edit('remove', 'x', '1')]],
  ['X -1 -2 +5 +6', [edit('set', 'x', '5'), edit('add', 'X', '6')]],
  ['tag -b +c x -1 -2 +9', [edit('set', 'x', '9'), edit('remove', 'tag', 'b'), edit('add', 'tag', 'c')]],
  ['tag -a -b x +1 -2', [all, edit('add', 'x', '1')]],
  ['tag -a -b x -1 -2', [edit('add', 'x', '1'), all]],
  ['y +8 +9', [edit('set-if-unset', 'y', '9'), edit('set-if-unset', 'y', '8')]],
  [undefined, [edit('set-if-unset', 'x', '9')]],
  ['', [edit('set', 'lastchanged', '3'), edit('set', 'X-lastchanged', '4')]],
  ['nosuch', [without('nosuch')]],
  [undefined, []],
])('%j', (expected, edits) => {
  expect(changed(...edits)).toBe(expected);
});

test('names of fields', () => {
  const good = ['x', '1x', 'a.b', 'x--y', 'ü', 'A_b', '中', 'a²'];
  const bad = ['', '_x', '-x', 'a b', 'a/b', 'a:b', 'x+', 'x?y', '€', 'a\u00a0b', 'a\n', 'a\u0301'];
  expect(good.filter((name) => !isMetaDataField(textToByteString(name)))).toEqual([]);
  expect(bad.filter((name) => isMetaDataField(textToByteString(name)))).toEqual([]);
  expect(isMetaDataField('a\xff')).toBe(false);
});
