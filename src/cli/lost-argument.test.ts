// Arguments that are not UTF-8.
import { expect, test } from 'vitest';
import { lostArgument } from './lost-argument.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each([
  ['UTF-8', ['wanted', 'grün'], [bytes('node'), bytes('main.js'), bytes('wanted'), Buffer.from('grün')]],
  ['a U+FFFD that was given', ['\uFFFD'], [bytes('node'), Buffer.from('\uFFFD')]],
])('%s is what was given', (_, argv, given) => {
  expect(lostArgument(argv, given)).toBeUndefined();
});

test.each([
  ['where the system tells the bytes', [bytes('node'), bytes('group'), bytes('gr\xfcn')]],
  ['where it does not', []],
])('Latin-1 is lost, %s', (_, given) => {
  expect(lostArgument(['group', 'gr\uFFFDn'], given)).toBe('gr\uFFFDn');
});
