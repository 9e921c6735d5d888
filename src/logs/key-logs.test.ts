// The smaller per-key logs. The files are ones that real git-annex was made to read, and rewrote as is expected here.
import { describe, expect, test } from 'vitest';
import { parseKey, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { changeChunkLog, parseChunkLog } from './chunk-log.ts';
import { changeContentIdentifierLog, parseContentIdentifierLog } from './content-identifier-log.ts';
import { changeEquivalentKeysLog, parseEquivalentKeysLog } from './equivalent-keys-log.ts';
import { changeWebLog, parseWebLog } from './web-log.ts';

const d = 'e4163693-44eb-4f30-988e-5eacd1998309' as UUID;

describe('chunk logs', () => {
  const before = [
    `5s ${d}:4 1`,
    `5s ${d}:4 2`,
    `7s ${d}:foo 3`,
    '7s bogus 3',
    `8s ${d}:7 x`,
    `9s ${d}:8 0`,
    `9s ${d}:9 3 4`,
    '9s a:b:10 3',
    `9s ${d}:010 3`,
    `9s ${d}: 3`,
    `9s ${d}:11 `,
    '9s :12 4',
    `9s ${d}:13 -1`,
  ].join('\n');

  test('keep chunk methods that are not known, in git-annex’s order', () => {
    expect(changeChunkLog(before, { uuid: d, chunkSizeBytes: 4, chunkCount: 0, nowSeconds: 1000 })).toBe(
      `9s :12 4\n9s a:b:10 3\n1000s ${d}:4 0\n9s ${d}:8 0\n9s ${d}:10 3\n9s ${d}: 3\n7s ${d}:foo 3\n`,
    );
  });

  test('tell what is stored', () => {
    expect(parseChunkLog(before)).toEqual([
      { uuid: d, chunkSizeBytes: 4, chunkCount: 2 },
      { uuid: d, chunkSizeBytes: 10, chunkCount: 3 },
    ]);
    const stored = { uuid: d, chunkSizeBytes: 1_048_576, chunkCount: 9 };
    expect(parseChunkLog(changeChunkLog('', { ...stored, nowSeconds: 5 }))).toEqual([stored]);
    const illegal = { uuid: d, chunkSizeBytes: 1.5, chunkCount: 1, nowSeconds: 5 };
    expect(() => changeChunkLog('', illegal)).toThrow('neither');
  });
});

describe('content identifier logs', () => {
  test('are written back as git-annex does', () => {
    const before = [
      '5s u1 a:b',
      '5s u2 !YTpi:c',
      '5s u3 !%%:c',
      '6s u4 ',
      '6s u5 :',
      '6s u6 a:a:b',
      '6s u8  a b:c',
      '6s u9',
      '6s ua !',
      '6s uc !IWFh',
      '6s ue !!:YQ==',
      '6s uf !YQ',
      '6s ug !YQ==',
      `7s ${d} x`,
      `2s ${d} zz`,
    ].join('\n');
    expect(changeContentIdentifierLog(before, { uuid: d, identifier: '1:2', nowSeconds: 1000 })).toBe(
      `1000s ${d} !MToy:x\n5s u1 a:b\n5s u2 !YTpi:c\n5s u3 !ISUl:c\n6s u4 \n6s u5 :\n6s u6 a:a:b\n` +
        '6s u8  a b:c\n6s ua \n6s uc !IWFh\n6s ue !ISE=:YQ==\n6s uf !IVlR\n6s ug a\n',
    );
    expect(parseContentIdentifierLog(before).get('u2' as UUID)).toEqual(['a:b', 'c']);
  });

  test('have no news of a known identifier', () => {
    const change = { uuid: d, identifier: 'x', nowSeconds: 5 };
    const after = changeContentIdentifierLog('', change) ?? '';
    expect(changeContentIdentifierLog(after, change)).toBeUndefined();
  });
});

describe('web logs', () => {
  const before = '5s 1 http://a b\n7s 1 yt:http://q\n8s 1 :http://r\n8s 0 http://s\n8s 1 quvi:http://u\n';

  test('tell who downloads each URL', () => {
    expect(parseWebLog(before)).toEqual([
      { url: 'http://r', downloader: 'other' },
      { url: 'http://a b', downloader: 'web' },
      { url: 'http://u', downloader: 'youtube-dl' },
      { url: 'http://q', downloader: 'youtube-dl' },
    ]);
  });

  test('change as git-annex changes them', () => {
    const present = [{ url: 'http://s', downloader: 'web' as const }];
    expect(changeWebLog(before, { present, nowSeconds: 1000 })).toBe(
      '8s 1 :http://r\n5s 1 http://a b\n1000s 1 http://s\n8s 1 quvi:http://u\n7s 1 yt:http://q\n',
    );
    expect(() =>
      changeWebLog('', { present: [{ url: 'a\nb', downloader: 'web' }], nowSeconds: 1 }),
    ).toThrow();
  });

  test('lose a URL under its old prefix, too', () => {
    const missing = [{ url: 'http://u', downloader: 'youtube-dl' as const }];
    const after = changeWebLog(before, { missing, nowSeconds: 1000 }) ?? '';
    expect(parseWebLog(after).map(({ url }) => url)).toEqual(['http://r', 'http://a b', 'http://q']);
  });
});

test('equivalent keys', () => {
  const key = parseKey('SHA256E-s3--98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4') as Key;
  const after = changeEquivalentKeysLog('5s 1 no key\n', { keys: [key], nowSeconds: 1000 }) ?? '';
  expect(after).toBe(`1000s 1 ${key}\n5s 1 no key\n`);
  expect(parseEquivalentKeysLog(after)).toEqual([key]);
  expect(changeEquivalentKeysLog(after, { keys: [key], nowSeconds: 2000 })).toBeUndefined();
});
