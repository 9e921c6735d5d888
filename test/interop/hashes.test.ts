// Real git-annex makes keys of sample files with each of its backends, and so do we; then it reads keys as we do.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestFactory } from '../../src/node/hash/digest.ts';
import { createHasher } from '../../src/node/hash/create-hasher.ts';
import { backendOf } from '../../src/types/backend.ts';
import { selectExtension } from '../../src/types/extension.ts';
import { hashDirLower, hashDirMixed } from '../../src/types/hash-dirs.ts';
import { keyFile } from '../../src/types/key-file.ts';
import { parseKey } from '../../src/types/key.ts';
import { hashKey, keyNameOf } from '../../src/types/make-key.ts';
import { byteStringToText, textToByteString } from '../../src/util/byte-string.ts';
import { releases, runIn, withTempDir, type Release } from '../support/git-annex.ts';
import { sampleContent } from '../support/sample-content.ts';

const sizes = [0, 1, 63, 64, 65, 127, 128, 129, 1000, 100_000];
const keys = [
  'SHA256-s007--x',
  'SHA256--',
  'A-S5--x',
  'A-C5--x',
  'A-s1-S5-C2--x',
  'A----x',
  'X/Y-s1--a/b&c%d:e',
  `FOOE--x.${'a'.repeat(63)}`,
  `GITBUNDLE--x.${'a'.repeat(64)}`,
];
const noKeys = ['A-s--x', 'A-C1-S5--x', 'A-s+5--x', '-s1--x', 'WORM-s1-m1.5--x', `FOOE--x.${'a'.repeat(64)}`];
const fileNames = 'a.txt|.txt|..a.b|a.tar.gz|a.b.c.d|a.html5|a.longer.gz|a.gz.longer|a.g z.gz|a.gz.g z|a.'
  .concat('|a..gz|a.gz..xz|x.é|x.éé|x.ééé|a.x-y|a.abcd.e-f.gh|a.12345.b|a.b_c|none')
  .split('|');
const withoutHash = new Set(['WORM', 'URL', 'VURL', 'GITMANIFEST', 'X*']);

describe.each(releases())('git-annex $name', (release) => {
  test('gives the keys that we give, with every backend', async () => {
    await inRepository(release, async (dir, git) => {
      const fileNames = sizes.map((size) => `${size}.part.dat`);
      for (const size of sizes) await writeFile(join(dir, `${size}.part.dat`), sampleContent(size));
      const varieties = await hashVarieties(release, dir);
      expect(varieties.length).toBeGreaterThanOrEqual(46);
      for (const variety of varieties) {
        const keys = lines(await git('annex', 'calckey', `--backend=${variety}`, ...fileNames));
        expect(keys).toEqual(sizes.map((size) => keyOfSample(variety, size)));
        for (const [index, size] of sizes.entries()) expect(isSample(keys[index], size)).toBe(true);
      }
    });
  });

  test('sees the same in a key', async () => {
    await inRepository(release, async (_, git) => {
      for (const text of [...keys, ...noKeys]) {
        const format = '--format=${key} ${hashdirlower} ${hashdirmixed} ${objectpath}';
        const seen = await git('annex', 'examinekey', format, '--', text).catch(() => '');
        expect([text, seen.trim()]).toEqual([text, seenByUs(text)]);
      }
    });
  });

  test('takes the extensions that we take', async () => {
    await inRepository(release, async (dir, git) => {
      for (const name of fileNames) await writeFile(join(dir, name), 'content');
      const given = lines(await git('annex', 'calckey', '--backend=MD5E', ...fileNames));
      expect(given.map((key) => key.slice(key.indexOf('--') + 2 + 32))).toEqual(
        fileNames.map((name) => byteStringToText(selectExtension(textToByteString(name)))),
      );
    });
  });

  test('names WORM keys as we do', async () => {
    const names = ['a b,c', 'é', 'a&b%c:d', ' '.repeat(40), 'é'.repeat(33), 'x'.repeat(65)];
    await inRepository(release, async (dir, git) => {
      for (const name of names) await writeFile(join(dir, name), 'content');
      const keys = lines(await git('annex', 'calckey', '--backend=WORM', ...names));
      expect(keys.map((key) => key.slice(key.indexOf('--') + 2))).toEqual(
        names.map((name) => keyNameOf(textToByteString(name))),
      );
    });
  });
});

function seenByUs(text: string): string {
  const key = parseKey(text);
  if (key === undefined) return '';
  const mixed = hashDirMixed(key);
  return `${key} ${hashDirLower(key)} ${mixed} .git/annex/objects/${mixed}${keyFile(key)}/${keyFile(key)}`;
}

type Git = (...args: string[]) => Promise<string>;

async function inRepository(release: Release, body: (dir: string, git: Git) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const git: Git = async (...args) => (await runIn(dir, ['git', ...args], { release })).stdout;
    await git('init', '-q');
    await git('annex', 'init', '-q', 'keys');
    await body(dir, git);
  });
}

/** The varieties that git-annex says it has, less those without a hash and GITBUNDLE, which no file is added with. */
async function hashVarieties(release: Release, dir: string): Promise<string[]> {
  const { stdout } = await runIn(dir, ['git', 'annex', 'version'], { release });
  const line = /^key\/value backends: (.*)$/m.exec(stdout)?.[1] ?? '';
  const varieties = line.split(' ').filter((variety) => !withoutHash.has(variety));
  for (const variety of varieties)
    expect([variety, backendOf(variety).hash]).not.toEqual([variety, undefined]);
  return varieties.filter((variety) => variety !== 'GITBUNDLE');
}

function keyOfSample(variety: string, sizeBytes: number): string {
  const { hash } = backendOf(variety);
  if (hash === undefined) throw new Error(`no hash for ${variety}`);
  const hasher = createHasher(hash);
  hasher.update(sampleContent(sizeBytes));
  return hashKey({ variety, digestHex: hasher.digestHex(), sizeBytes, fileName: `${sizeBytes}.part.dat` });
}

function isSample(text: string | undefined, sizeBytes: number): boolean {
  const key = parseKey(text ?? '');
  if (key === undefined) return false;
  const right = digestFactory(key);
  right.update(sampleContent(sizeBytes));
  const wrong = digestFactory(key);
  wrong.update(sampleContent(sizeBytes + 1));
  return right.matches() && !wrong.matches();
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
