import { describe, expect, test } from 'vitest';
import { parseConfigList, parseGitBool } from './git-config.ts';

const listed = [
  ['file:/home/u/.gitconfig', 'user.name\nU'],
  ['file:.git/config', 'core.bare'],
  ['file:.git/config', 'remote.B.x.url\n../b'],
  ['file:.git/config', 'remote.a.url\none\ntwo'],
  ['file:.git/config', 'remote.B.x.annex-uuid\nu1'],
  ['file:.git/config', 'remote.a.url\nlast'],
  ['file:.git/config', 'annex.jobs\n2k'],
  ['command line:', 'annex.debug\n'],
];
const { config, files } = parseConfigList(listed.map(([file, line]) => `${file}\0${line}\0`).join(''));

describe('GitConfig', () => {
  test('the last value counts, sections and variables have no case, subsections have', () => {
    expect(config.get('remote.a.url')).toBe('last');
    expect(config.get('Remote.a.URL')).toBe('last');
    expect(config.get('remote.A.url')).toBeUndefined();
    expect(config.getAll('remote.a.url')).toEqual(['one\ntwo', 'last']);
  });

  test('a key without = is true, one with nothing after it is false', () => {
    expect(config.getBool('core.bare')).toBe(true);
    expect(config.get('core.bare')).toBe('');
    expect(config.getBool('annex.debug')).toBe(false);
    expect(config.getBool('annex.none')).toBeUndefined();
    expect(config.getInt('annex.jobs')).toBe(2048);
  });

  test('remotes come in the order of the file, with dots in their names', () => {
    expect(config.remotes()).toEqual(['B.x', 'a']);
    expect([...config.variables('remote', 'B.x')]).toEqual([
      ['url', '../b'],
      ['annex-uuid', 'u1'],
    ]);
    expect([...config.variables('annex')]).toEqual([
      ['jobs', '2k'],
      ['debug', ''],
    ]);
  });

  test('knows the files it came from', () => {
    expect(files).toEqual(['/home/u/.gitconfig', '.git/config']);
  });
});

test.each([
  ['TRUE', true],
  ['yes', true],
  ['On', true],
  ['1', true],
  ['-1', true],
  ['1k', true],
  ['0', false],
  ['no', false],
  ['OFF', false],
  ['', false],
  ['maybe', undefined],
])('boolean %j', (text, value) => {
  expect(parseGitBool(text)).toBe(value);
});
