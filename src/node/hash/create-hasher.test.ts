// Every hash against values that git-annex and other implementations gave, whole, in pieces and many at a time.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sampleContent } from '../../../test/support/sample-content.ts';
import { hashNames, type HashName } from '../../types/backend.ts';
import { createPortableBlakeHasher } from './blake-hasher.ts';
import { createHasher } from './create-hasher.ts';
import type { Hasher } from './hasher.ts';

const fixture = new URL('../../../fixtures/hashes.json', import.meta.url);
const vectors = JSON.parse(readFileSync(fixture, 'utf8')) as Record<HashName, Record<string, string>>;
const content = sampleContent(100_000);

describe.each(hashNames)('%s', (name) => {
  const wanted = Object.entries(vectors[name]).map(([size, hash]): [number, string] => [Number(size), hash]);

  test('gives the known hashes', () => {
    expect(wanted.length).toBeGreaterThanOrEqual(10);
    for (const [size, hash] of wanted) {
      expect([size, hashOf(createHasher(name), [content.subarray(0, size)])]).toEqual([size, hash]);
    }
  });

  test('gives the same in pieces of any size', () => {
    for (const [size, hash] of wanted) {
      for (const step of [1, 2, 63, 64, 65, 1000, 65_536, 65_537].filter((step) => size / step < 2000)) {
        expect([size, step, hashOf(createHasher(name), pieces(size, step))]).toEqual([size, step, hash]);
      }
    }
  });

  test('takes no notice of empty chunks', () => {
    const nothing = new Uint8Array(0);
    const parts = [nothing, content.subarray(0, 64), nothing, nothing, content.subarray(64, 128), nothing];
    expect(hashOf(createHasher(name), parts)).toBe(vectors[name]['128']);
    expect(hashOf(createHasher(name), [nothing])).toBe(vectors[name]['0']);
  });

  test('reads a chunk where it lies and forgets it', () => {
    const hash = vectors[name]['1000'];
    const surrounded = new Uint8Array(3000);
    surrounded.set(content.subarray(0, 500), 700);
    const hasher = createHasher(name);
    hasher.update(surrounded.subarray(700, 1200));
    surrounded.set(content.subarray(500, 1000), 700);
    hasher.update(surrounded.subarray(700, 1200));
    surrounded.fill(0);
    expect(hasher.digestHex()).toBe(hash);
  });
});

test('BLAKE2 and BLAKE3 have a portable way', () => {
  for (const name of ['BLAKE2B160', 'BLAKE2B512', 'BLAKE2S224', 'BLAKE2S256', 'BLAKE3_256'] as const) {
    expect(hashOf(createPortableBlakeHasher(name), pieces(1000, 77))).toBe(vectors[name]['1000']);
  }
  expect(() => createPortableBlakeHasher('BLAKE2BP512')).toThrow(/BLAKE2BP512 cannot be computed here/);
});

test('hashes in progress do not touch each other', () => {
  const jobs = Array.from({ length: 50 }, (_, index) => {
    const name = hashNames[index % hashNames.length] ?? 'SHA256';
    return { name, hasher: createHasher(name), parts: pieces(100_000, 700 + 97 * index) };
  });
  for (let round = 0; jobs.some(({ parts }) => round < parts.length); round++) {
    for (const { hasher, parts } of jobs) {
      const part = parts[round];
      if (part !== undefined) hasher.update(part);
    }
  }
  for (const { name, hasher } of jobs)
    expect([name, hasher.digestHex()]).toEqual([name, vectors[name]['100000']]);
});

test('fifty of the hashes that share one instance, in any order', () => {
  const names = ['SKEIN256', 'SKEIN512', 'XXH3'] as const;
  const step = fc.record({ job: fc.nat(49), bytes: fc.nat(3000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const jobs = Array.from({ length: 50 }, (_, index) => {
        const name = names[index % names.length] ?? 'XXH3';
        return { name, hasher: createHasher(name), done: 0 };
      });
      for (const { job: index, bytes } of steps) {
        const job = jobs[index];
        if (job === undefined) continue;
        job.hasher.update(content.subarray(job.done, job.done + bytes));
        job.done = Math.min(job.done + bytes, content.length);
      }
      for (const { name, hasher, done } of jobs) {
        expect(hasher.digestHex()).toBe(hashOf(createHasher(name), [content.subarray(0, done)]));
      }
    }),
    { numRuns: 20 },
  );
});

function pieces(sizeBytes: number, stepBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < sizeBytes; start += stepBytes) {
    parts.push(content.subarray(start, Math.min(start + stepBytes, sizeBytes)));
  }
  return parts;
}

function hashOf(hasher: Hasher, parts: readonly Uint8Array[]): string {
  for (const part of parts) hasher.update(part);
  return hasher.digestHex();
}
