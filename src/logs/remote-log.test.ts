// The lines are ones that real git-annex was made to read, and rewrote as is expected here.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UUID } from '../types/uuid.ts';
import { bytesToByteString, textToByteString } from '../util/byte-string.ts';
import { changeRemoteLog, parseRemoteLog, specialRemotes } from './remote-log.ts';

const uuid = '9c60c249-fd9d-4147-a124-5461ee3eb39f' as UUID;

test.each([
  ['u1 name=foo type=directory encryption=none', 'u1 encryption=none name=foo type=directory'],
  [
    'u2 type=rsync name=a&32;b&38;c&x;&;&65;&9;d&038; noeq z= =q a=b=c a=d  dbl',
    'u2 =q a=d dbl= name=a&32;b&38;c&38;x;&38;;A&9;d&38; noeq= type=rsync z=',
  ],
  ['u3', 'u3 '],
  ['u6 name=x\ty', 'u6 name=x y='],
  ['u7 a=&-5;&6 5;&12 z=&', 'u7 5;&12= a=&38;-5;&38;6 z=&38;'],
  ['u8 a=&99999999;&55296;', 'u8 a=&38;99999999;&38;55296;'],
])('%j is written back as %j', (line, expected) => {
  const after = changeRemoteLog(`${line} timestamp=5s\n`, { uuid, config: new Map(), nowSeconds: 1000 });
  expect(after).toBe(`${uuid}  timestamp=1000s\n${expected} timestamp=5s\n`);
});

test('values are escaped', () => {
  const url = textToByteString('/srv/ü x&y&12;z\tq\n\u00a0');
  const config = new Map([
    ['type', 'rsync'],
    ['rsyncurl', url],
  ]);
  const after = changeRemoteLog('', { uuid, config, nowSeconds: 1000 });
  expect(after).toBe(
    `${uuid} rsyncurl=${textToByteString('/srv/ü')}&32;x&38;y&38;12;z&9;q&10;&160; type=rsync timestamp=1000s\n`,
  );
  expect(parseRemoteLog(after).get(uuid)).toEqual(config);
  const illegal = { uuid, config: new Map([['a=b', 'c']]), nowSeconds: 1 };
  expect(() => changeRemoteLog('', illegal)).toThrow('may not contain "="');
});

test('any bytes survive in a value', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const config = new Map([['a', bytesToByteString(bytes)]]);
      expect(parseRemoteLog(changeRemoteLog('', { uuid, config, nowSeconds: 5 })).get(uuid)).toEqual(config);
    }),
  );
});

test('a remote that is the same as another has its UUID and its encryption', () => {
  const parent = '215309a8-466f-43ab-ae2f-6702f8258fbd' as UUID;
  const log =
    `${parent} chunk=4 encryption=none mac=HMACSHA256 name=dd type=directory timestamp=1000s\n` +
    `${uuid} chunk=9 exporttree=no sameas-name=ee sameas-uuid=${parent} type=directory timestamp=1000s\n`;
  const [first, second] = specialRemotes(parseRemoteLog(log));
  expect(first).toMatchObject({ configUUID: parent, uuid: parent, name: 'dd' });
  expect(second).toMatchObject({ configUUID: uuid, uuid: parent, name: 'ee' });
  expect(second?.config.get('chunk')).toBe('4');
  expect(second?.config.get('mac')).toBe('HMACSHA256');
  expect(second?.config.get('name')).toBeUndefined();
});
