import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKey, type Key } from '../types/key.ts';
import {
  journalFile,
  keyLogExtensions,
  keyLogPath,
  locationLogPath,
  oldWebLogPath,
  parseBranchPath,
  parseJournalFile,
  topLevelLogs,
  type KeyLog,
} from './branch-path.ts';

const key = parseKey(
  'SHA256E-s12--a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447.txt',
) as Key;
const url = parseKey('URL--http://127.0.0.1:1/x') as Key;

describe('paths', () => {
  test('are in the key’s lower hash directory', () => {
    expect(locationLogPath(key)).toBe(`e7d/d01/${key}.log`);
    expect(locationLogPath(url)).toBe('7eb/a67/URL--http&c%%127.0.0.1&c1%x.log');
    expect(oldWebLogPath(key)).toBe(`remote/web/e7d/d01/${key}.log`);
  });

  test('of tuned repositories have one level', () => {
    const tuned = parseKey(
      'SHA256E-s4--b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
    ) as Key;
    expect(locationLogPath(tuned, { oneLevel: true })).toBe(`41d/${tuned}.log`);
    expect(parseBranchPath(`41d/${tuned}.log`)).toEqual({ type: 'key', log: 'location', key: tuned });
  });

  test('are told apart', () => {
    for (const log of Object.keys(keyLogExtensions) as KeyLog[]) {
      for (const one of [key, url, parseKey('SHA1E--x.log.web') as Key]) {
        for (const oneLevel of [false, true]) {
          expect(parseBranchPath(keyLogPath(one, { log, oneLevel }))).toEqual({ type: 'key', log, key: one });
        }
      }
    }
    for (const log of topLevelLogs) expect(parseBranchPath(log)).toEqual({ type: 'top-level', log });
    expect(parseBranchPath(oldWebLogPath(key))).toEqual({ type: 'old-web', key });
  });

  test.each([
    '',
    'README',
    'new.log',
    'a/b/c/WORM--x.log',
    'a/WORM--x.log',
    '39f/be7/WORM--test.new',
    '39f/be7/nokey.log',
    'remote/web/39f/be7/x.log',
  ])('%j is not known', (path) => {
    expect(parseBranchPath(path)).toEqual({ type: 'unknown' });
  });
});

describe('journal files', () => {
  test('have no directories', () => {
    expect(journalFile('e7d/d01/a_b.log')).toBe('e7d_d01_a__b.log');
    expect(journalFile('uuid.log')).toBe('uuid.log');
  });

  test('lead back to the path, but for names that begin with an underscore', () => {
    expect(parseJournalFile(journalFile('a/_b'))).toBe('a_/b');
    for (const path of [
      'b45/5fd/_X--foo.log',
      'b45/_X--foo.log',
      'b45/5fd/X_--foo.log',
      'b45/5fd/_--__.log',
    ]) {
      expect(parseJournalFile(journalFile(path))).toBe(path);
    }
    const name = fc.string({ unit: fc.constantFrom('a', '_', '.'), minLength: 1 }).map((part) => `x${part}`);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = parts.join('/');
        fc.pre(!path.includes('_/'));
        expect(journalFile(path)).not.toContain('/');
        expect(parseJournalFile(journalFile(path))).toBe(path);
      }),
    );
  });
});
