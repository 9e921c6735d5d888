import { describe, expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { parseExpression } from './parse-expression.ts';

// The reasons are git-annex's (`git annex matchexpression`); the places are ours.
const wrong: readonly (readonly [string, string])[] = [
  ['foo', 'Parse failure: near "foo" (at character 1)'],
  [
    'größe and foo',
    'Parse failure: near "größe" (at character 1); Parse failure: near "foo" (at character 11)',
  ],
  ['include=größe and foo', 'Parse failure: near "foo" (at character 19)'],
  ['Present', 'Parse failure: near "Present" (at character 1)'],
  ['anything=x', 'Parse failure: near "anything=x" (at character 1)'],
  ['in=here', 'Parse failure: near "in=here" (at character 1)'],
  ['not (copies=x)', 'Parse failure: bad number for copies (in "copies=x", at character 6)'],
  ['copies=', 'Parse failure: bad number for copies (in "copies=", at character 1)'],
  ['copies=+1', 'Parse failure: bad number for copies (in "copies=+1", at character 1)'],
  ['copies=1.5', 'Parse failure: bad number for copies (in "copies=1.5", at character 1)'],
  ['copies=a:b=3', 'Parse failure: bad number for copies (in "copies=a:b=3", at character 1)'],
  ['copies=a:b:0', 'Parse failure: bad number for copies (in "copies=a:b:0", at character 1)'],
  ['copies=a=b=0', 'Parse failure: bad value for copies (in "copies=a=b=0", at character 1)'],
  ['copies=a=2:b', 'Parse failure: bad number for copies (in "copies=a=2:b", at character 1)'],
  [
    'lackingcopies=x',
    'Parse failure: bad value for number of lacking copies (in "lackingcopies=x", at character 1)',
  ],
  ['balanced=a:b', 'Parse failure: bad number for balanced (in "balanced=a:b", at character 1)'],
  ['balanced=a:1:2', 'Parse failure: bad value for balanced (in "balanced=a:1:2", at character 1)'],
  ['metadata==x', 'Parse failure: Illegal metadata field name, "" (in "metadata==x", at character 1)'],
  [
    'metadata=a!b=x',
    'Parse failure: Illegal metadata field name, "a!b" (in "metadata=a!b=x", at character 1)',
  ],
  ['largerthan=big', 'Parse failure: bad size (in "largerthan=big", at character 1)'],
  ['include=[a', 'Parse failure: bad character class in glob "[a" (in "include=[a", at character 1)'],
];

const right: readonly string[] = [
  '',
  ...'() standard groupwanted copies=1x copies=-1 copies=0x1 copies=a+b:0 copies=:0 copies=+=0 copies=a++b=0'.split(
    ' ',
  ),
  ...'copies==0 copies=trusted+=0 copies=a:1=2 copies=a:b:c=2 copies=1:2:3 copies=a=b:2 balanced balanced=a=b balanced=a:2=b balanced=a:lackingcopies= metadata=foo'.split(
    ' ',
  ),
  ...'include inallgroup= inbackend=NOPE include=] url='.split(' '),
];

describe('parseExpression', () => {
  test.each(wrong)('%s', (text, message) => {
    expect(() => parseExpression(textToByteString(text))).toThrow(
      expect.objectContaining({ code: 'config', message }),
    );
  });

  test.each(right)('"%s" parses', (text) => {
    expect(parseExpression(textToByteString(text))).toBeDefined();
  });
});

test('a long expression takes time in proportion to its length', () => {
  // Counted from its beginning for each word, this is half a minute.
  expect(() => parseExpression(`${'('.repeat(200_000)} nonsense`)).toThrow(
    'near "nonsense" (at character 200002)',
  );
  expect(() => parseExpression(`\xc3\xa4 copies=1 (\xc3\xa4`)).toThrow(/at character 1\).*at character 13\)/);
});
