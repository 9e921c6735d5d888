// Keys, UUIDs, numbers and file names as they should not be. They come from small sets, so that what a server does store
// stays few enough to be looked through afterwards.
import { createHash } from 'node:crypto';
import { pick, type Random } from '../random.ts';
import { below, chance, garbage } from './chance.ts';

export interface Sample {
  readonly key: string;
  readonly content: string;
}

/** Keys with the content that they stand for. */
export const samples: readonly Sample[] = Array.from({ length: 60 }, (_, index) => {
  const content = `content ${index} `.repeat(index * 3);
  const hash = (name: string): string => createHash(name).update(content).digest('hex');
  const key = [
    `SHA256-s${content.length}--${hash('sha256')}`,
    `SHA256E-s${content.length}--${hash('sha256')}.tar.gz`,
    `MD5-s${content.length}--${hash('md5')}`,
    `WORM-s${content.length}-m1700000000--a file ${index}`,
    `SHA512--${hash('sha512')}`,
  ][index % 5] as string;
  return { key, content };
});

const climbs: readonly string[] = [
  '../../../config',
  '../../../../../../../../etc/passwd',
  '..%2f..%2f..%2fconfig',
  '%2e%2e%2f%2e%2e%2fconfig',
  '&s&s..&c..',
  '/etc/passwd',
  '..',
  '.',
  '...',
  '-',
  '%',
  '&a&c&s',
  '..\\..\\config',
  '~root',
  '$(id)',
  '`id`',
  '--upload-pack=id',
  'a\nb',
  'a\r\nX-Injected: yes',
  'a\0b',
  '\u00e4\u00f6',
  '\xff\xfe',
  ' ',
  'a b',
  '',
];

/** Bytes of a key, before any encoding. */
export function hostileKey(random: Random): string {
  const { key, content } = pick(random, samples);
  const name = key.slice(key.indexOf('--') + 2);
  const climb = pick(random, climbs);
  return pick(random, [
    () => key,
    () => `SHA256-s${content.length}--${climb}`,
    () => `SHA256E-s3--${name.slice(0, 64)}.${climb}`,
    () => `SHA256E--${'0'.repeat(64)}/../../../${climb}`,
    () => `WORM--${climb}`,
    () => `URL--http&c%%127.0.0.1%${climb}`,
    () => `GITBUNDLE-s1--${climb}`,
    () => `XX${climb}-s1--a`,
    () => `X${climb}--${climb}`,
    () => `SHA256-s${hostileNumber(random)}--${name}`,
    () => `SHA256-s1-m${hostileNumber(random)}-S${hostileNumber(random)}-C${hostileNumber(random)}--${name}`,
    () => `SHA256-s3-s3-s3--${name}`,
    () => key.slice(0, below(random, key.length)),
    () => `${key}${'A'.repeat(pick(random, [1, 255, 300, 4096, 60_000]))}`,
    () => `WORM--${'a'.repeat(pick(random, [200, 255, 256, 1024]))}`,
    () => `WORM-s5--${'\u00e9'.repeat(pick(random, [90, 130]))}`,
    () => `${key.slice(0, 8)}${garbage(random, 4)}${key.slice(8)}`,
    () => climb,
    () => garbage(random, below(random, 40)),
  ])();
}

/** In a query or a path: once, twice or not encoded, in brackets, in brackets that lie. */
export function encoded(random: Random, bytes: string): string {
  const base64 = Buffer.from(bytes, 'latin1').toString('base64');
  const url = base64.replaceAll('+', '-').replaceAll('/', '_');
  return pick(random, [
    () => percent(bytes),
    () => percent(bytes),
    () => percent(percent(bytes)),
    () => everyByte(bytes),
    () => percent(`[${url}]`),
    () => `[${url}]`,
    () => percent(`[${base64}]`),
    () => percent(`[${url.replaceAll('=', '')}]`),
    () => percent(`[${bytes}]`),
    () => percent(`[[${url}]]`),
    () => withoutSeparators(bytes),
    () => `${percent(bytes)}%`,
    () => `${percent(bytes)}%0`,
    () => `${percent(bytes)}%zz`,
    () => `%c0%ae%c0%ae/${percent(bytes)}`,
  ])();
}

export function percent(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9._~-]/g, byteCode);
}

function everyByte(bytes: string): string {
  return bytes.replace(/[\s\S]/g, byteCode).slice(0, 60_000);
}

function byteCode(char: string): string {
  return `%${(char.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`;
}

/** As it is, but for what would end the request line. */
function withoutSeparators(bytes: string): string {
  return bytes.replace(/[\0-\x20\x7f#]/g, byteCode).replace(/[\x80-\uffff]/g, byteCode);
}

export function hostileNumber(random: Random): string {
  return pick(random, [
    '0',
    '1',
    '-1',
    '007',
    '1e3',
    '0x10',
    '0o7',
    '(1)',
    '((((1))))',
    ' 3 ',
    '3.5',
    'NaN',
    'Infinity',
    '-0',
    '+1',
    '',
    '9007199254740991',
    '9007199254740992',
    '18446744073709551616',
    '4294967296',
    '2147483648',
    '9'.repeat(400),
    `${'('.repeat(400)}1${')'.repeat(400)}`,
    '1_000',
    '\u0661',
    '1\0',
    'true',
    'null',
    '[]',
  ]);
}

export function hostileUUID(random: Random, known: string): string {
  return pick(random, [
    () => known,
    () => known.toUpperCase(),
    () => known.slice(0, -1),
    () => `${known}/..`,
    () => '00000000-0000-0000-0000-000000000001',
    () => '',
    () => '..',
    () => pick(random, climbs),
    () => 'a'.repeat(pick(random, [1, 300, 70_000])),
    () => garbage(random, 16),
    () => `${known}\n${known}`,
    () => 'NoUUID',
    () => '__proto__',
  ])();
}

export function hostileFile(random: Random): string {
  return chance(random, 0.3) ? `${pick(random, climbs)}/${pick(random, climbs)}` : pick(random, climbs);
}
