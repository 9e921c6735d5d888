// Names that are hard on globs, and keys of all kinds.
import { parseKey, type Key } from '../../../../src/types/key.ts';
import type { ByteString } from '../../../../src/util/byte-string.ts';
import { pick, type Random } from '../random.ts';
import { list } from './list.ts';

export function randomPaths(random: Random, count: number): ByteString[] {
  const paths = new Set<ByteString>();
  while (paths.size < count) {
    const depth = Math.floor(random() * 3);
    const dirs = Array.from({ length: depth }, () => pick(random, directories));
    const name = `${pick(random, stems)}${Math.floor(random() * 9)}${pick(random, extensions)}`;
    paths.add(dirs.map((dir) => `${dir}/`).join('') + name);
  }
  return [...paths];
}

export function randomKey(random: Random, index: number): Key {
  const variety = pick(random, [
    'SHA256E',
    'SHA256',
    'SHA1E',
    'MD5',
    'WORM',
    'URL',
    'SHA512E',
    'BLAKE2B256',
    'XYZ',
  ]);
  const size =
    random() < 0.15 ? '' : `-s${pick(random, [0, 1, 999, 1000, 1001, 1024, 5000, 1_000_000, index])}`;
  const mtime = variety === 'WORM' ? '-m12345' : '';
  const hash = Array.from({ length: 8 }, () => Math.floor(random() * 16).toString(16)).join('');
  const name = `${index}x${hash}${variety.endsWith('E') ? '.dat' : ''}`;
  const key = parseKey(`${variety}${size}${mtime}--${name}`);
  if (key === undefined) throw new Error(`${name} makes no key`);
  return key;
}

const directories = [...list('archive public b sub.d größe archive2'), 'a b'];
const stems = [...list('song Song -x x[1] .hidden 日本 a+b star*'), 'bad\xff', 'line\nfeed'];
const extensions = ['', ...list('.mp3 .ogg .MP3 .tar.gz .d')];
