// The logs are ones that real git-annex was made to read and to add `q +r` to (or what stands there), and the results
// what it then wrote.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UUID } from '../../types/uuid.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { changeMetaDataLog, parseMetaDataLog, parseMetaDataWithTimes } from '../metadata-log.ts';
import { changeRemoteMetaDataLog, parseRemoteMetaDataLog } from '../remote-metadata-log.ts';
import { unionMergeLines } from '../union-merge.ts';

const addition = { set: new Map([['q', ['r']]]), nowSeconds: 1000 };

test.each([
  ['5s a +1 +2 b +3\n6s a -1\n7s a +1\n', '5s a +2 b +3\n7s a +1\n1000s q +r\n'],
  ['5s a +1\n6s a +1\n7s a -1\n8s a -1\n', '8s a -1\n1000s q +r\n'],
  ['5s a +1 -1\n5s b -1 +1\n', '5s a -1\n5s b +1\n1000s q +r\n'],
  ['5s a +1\n5s a -1\n', '5s a -1\n1000s q +r\n'],
  ['5s a -1\n5s a +1\n', '5s a +1\n1000s q +r\n'],
  ['7s a +1\n6s a -1\n5s a +1\n', '7s a +1\n1000s q +r\n'],
  ['5s a +1\n6s b +1\n7s a -1\n8s b +2 a +1\n9s b -2\n', '6s b +1\n8s a +1\n9s b -2\n1000s q +r\n'],
  ['5s a +1 +2\n7s a -1\n9s a +3\n10s a -3\n11s a +1\n', '5s a +2\n10s a -3\n11s a +1\n1000s q +r\n'],
  ['5s a +1 b +1 a +2 a -1\n', '5s a -1 +2 b +1\n1000s q +r\n'],
  ['2000s a +1\n', '2000s a +1\n2001s q +r\n'],
  ['2000s a +1\n500s q +r\n', '2000s a +1\n2001s q +r\n'],
  ['5s x -1\n5s b +1 x +1 zz +1\n', '5s b +1 x +1 zz +1\n5s x -1\n1000s q +r\n'],
  ['6s q +r\n', '1000s q +r\n'],
  ['2000s +1\n3s x +1\n', '3s x +1\n2001s q +r\n'],
  ['2000s\n3s x +1\n', '3s x +1\n1000s q +r\n'],
  ['1s  +2 zz +1\n1s C +1\n7s  +2\n8s x\n', '1s C +1\n1s zz +1\n7s  +2\n1000s q +r\n'],
  ['5s Foo +1\n6s foo +2\n', '5s Foo +1\n6s foo +2\n1000s q +r\n'],
  ['5s foo +1 Foo +2\n', '5s Foo +1 +2\n1000s q +r\n'],
  ['-3s m +1\n0 n +1\n15 o +1\nxx p +1\n', '-3s m +1\n0s n +1\n15s o +1\n1000s q +r\n'],
  ['5s a\n6s a +1 b\n7s +1 a +2\n8s c 5\n13s\n14s  l +1\n', '6s a +1\n7s a +2\n14s l +1\n1000s q +r\n'],
  ['9s d  +1  +2\n11s h +!bad!! i +!\n12s j + - k -\n', '9s  +1 +2\n11s i +\n12s j - k -\n1000s q +r\n'],
])('%j becomes %j', (before, after) => {
  expect(changeMetaDataLog(before, addition)).toBe(after);
});

describe('values', () => {
  test('are written as git-annex writes them', () => {
    const set = new Map([
      ['tag', ['foo', 'foo bar']],
      ['X', ['!bang']],
      ['e', ['']],
      ['plus', ['+x']],
      ['tab', ['tab\tx']],
      ['nl', ['a\nb']],
    ]);
    expect(changeMetaDataLog('', { set, nowSeconds: 1000 })).toBe(
      '1000s e + nl +!YQpi plus ++x tab +tab\tx tag +foo +!Zm9vIGJhcg== X +!IWJhbmc=\n',
    );
  });

  test('are set and unset, those in both set', () => {
    const before = '1000s tag +foo +!Zm9vIGJhcg==\n';
    const change = { set: new Map([['x', ['1']]]), unset: new Map([['tag', ['foo']]]), nowSeconds: 1000 };
    const after = changeMetaDataLog(before, change) ?? '';
    expect(after).toBe('1000s tag +foo +!Zm9vIGJhcg==\n1001s tag -foo x +1\n');
    expect(parseMetaDataLog(after)).toEqual(
      new Map([
        ['tag', ['foo bar']],
        ['x', ['1']],
      ]),
    );
    const both = { set: new Map([['a', ['1']]]), unset: new Map([['A', ['1', '2']]]), nowSeconds: 5 };
    expect(changeMetaDataLog('', both)).toBe('5s a +1 -2\n');
  });

  test('of fields that differ in case only are one field, named as it was last', () => {
    expect(parseMetaDataLog('6s foo +1\n5s Foo +2\n')).toEqual(new Map([['foo', ['1', '2']]]));
    const [upper, lower] = ['Ünï', 'üNÏ'].map(textToByteString);
    expect(parseMetaDataLog(`5s ${upper} +1\n6s ${lower} -1 +2\n`)).toEqual(new Map([[lower, ['2']]]));
  });

  test('may be in fields of any script', () => {
    const set = new Map([[textToByteString('à'), ['1']]]);
    expect(changeMetaDataLog('', { set, nowSeconds: 5 })).toBe(`5s ${textToByteString('à')} +1\n`);
  });

  test('without a name are refused, and without any the change itself counts', () => {
    expect(() => changeMetaDataLog('', { set: new Map([['a b', ['1']]]), nowSeconds: 5 })).toThrow('no name');
    expect(() => changeMetaDataLog('', { set: new Map([['+a', ['1']]]), nowSeconds: 5 })).toThrow('no name');
    const named = changeMetaDataLog('5s a +1\n', { set: new Map([['b', []]]), nowSeconds: 7 });
    expect(named).toBe('5s a +1\n7s b\n');
    const unnamed = changeMetaDataLog(named, { nowSeconds: 8 });
    expect(unnamed).toBe('5s a +1\n8s \n');
    expect(changeMetaDataLog(unnamed, { set: new Map([['a', ['1']]]), nowSeconds: 9 })).toBe('9s a +1\n');
  });

  test('come with the times of their last changes', () => {
    expect(parseMetaDataWithTimes('5s a +1\n86407s B -1\n86409.9s A +2\n86410s b +\n86411s \n')).toEqual(
      new Map([
        ['A', ['1', '2']],
        ['b', ['']],
        ['A-lastchanged', ['1970-01-02@00-00-09']],
        ['b-lastchanged', ['1970-01-02@00-00-10']],
        ['lastchanged', ['1970-01-02@00-00-11']],
      ]),
    );
    expect(parseMetaDataWithTimes('')).toEqual(new Map());
  });
});

test('remotes keep metadata of their own', () => {
  const uuid = '26339d22-446b-11e0-9101-002170d25c55' as UUID;
  const before = `1287290776.765152s e605dca6-446a-11e0-8b2a-002170d25c55:foo +bar\n1287290776.765152s ${uuid}:x +1\n`;
  const change = {
    uuid,
    set: new Map([['x', ['2']]]),
    unset: new Map([['x', ['1']]]),
    nowSeconds: 1291237510.141453,
  };
  const after = changeRemoteMetaDataLog(before, change) ?? '';
  expect(after).toBe(
    `1287290776.765152s e605dca6-446a-11e0-8b2a-002170d25c55:foo +bar\n1291237510.141453s ${uuid}:x -1 +2\n`,
  );
  expect(parseRemoteMetaDataLog(after).get(uuid)).toEqual(new Map([['x', ['2']]]));
});

test('a change is what is read afterwards, and merging the old lines in again makes no difference', () => {
  const field = fc.constantFrom('a', 'A', 'b');
  const value = fc.constantFrom('1', '2', 'x y', '!');
  const step = fc.record({ field, value, set: fc.boolean(), nowSeconds: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let content = '';
      let merged = '';
      const model = new Map<string, Set<string>>();
      for (const { field: name, value: one, set, nowSeconds } of steps) {
        const part = new Map([[name, [one]]]);
        content =
          changeMetaDataLog(content, set ? { set: part, nowSeconds } : { unset: part, nowSeconds }) ?? '';
        merged = unionMergeLines([merged, content]);
        const values = model.get(name.toLowerCase()) ?? new Set();
        if (set) values.add(one);
        else values.delete(one);
        model.set(name.toLowerCase(), values);
      }
      const expected = [...model]
        .filter(([, values]) => values.size > 0)
        .map(([name, v]) => [name, [...v].sort()]);
      for (const log of [content, merged]) {
        const read = [...parseMetaDataLog(log)].map(([name, values]) => [name.toLowerCase(), values]);
        expect(new Map(read as [string, string[]][])).toEqual(new Map(expected as [string, string[]][]));
      }
    }),
  );
});
