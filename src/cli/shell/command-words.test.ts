// The command line of git-annex-shell: the forms that clients, login shells and forced commands use, and what is none.
import { describe, expect, test } from 'vitest';
import { parseCommandWords, type ShellCommand } from './command-words.ts';
import { UsageError } from './shell-error.ts';

function command(...argv: string[]): ShellCommand {
  const parsed = parseCommandWords(argv);
  if (parsed.type !== 'command') throw new Error(`${argv.join(' ')} is for git`);
  return parsed;
}

test('what a client runs', () => {
  expect(command('p2pstdio', '/srv/r', '--debug', 'CLIENT', '--uuid', 'UUID')).toEqual({
    type: 'command',
    name: 'p2pstdio',
    directory: '/srv/r',
    parameters: ['CLIENT'],
    uuid: 'UUID',
    force: false,
    debug: true,
    fields: new Map(),
  });
});

test.each([
  ['-c', "git-annex-shell 'p2pstdio' '/srv/it'\"'\"'s here' 'CLIENT' --uuid UUID"],
  ["git-annex-shell 'p2pstdio' '/srv/it'\\''s here' 'CLIENT' --uuid UUID"],
  ['-c', '-c', 'p2pstdio', "/srv/it's here", 'CLIENT', '--uuid=UUID'],
])('as one string or as words: %j %j', (...argv) => {
  const { name, directory, parameters, uuid } = command(...argv);
  expect({ name, directory, parameters, uuid }).toEqual({
    name: 'p2pstdio',
    directory: "/srv/it's here",
    parameters: ['CLIENT'],
    uuid: 'UUID',
  });
});

test('the second word is the directory, whatever it looks like', () => {
  expect(command('configlist', '--uuid', 'UUID')).toMatchObject({
    directory: '--uuid',
    parameters: ['UUID'],
  });
});

test('fields stand between the first and the second --; unknown ones and bad values are ignored', () => {
  const { fields, parameters } = command(
    'sendkey',
    '/r',
    'KEY',
    '--',
    'remoteuuid=a-1',
    'autoinit=2',
    'other=x',
    'nothing',
    '--',
    'autoinit=1',
  );
  expect(fields).toEqual(new Map([['remoteuuid', 'a-1']]));
  expect(parameters).toEqual(['KEY']);
});

describe('what is no command line', () => {
  test.each([
    [[], 'bad parameters'],
    [['-c'], 'bad parameters'],
    [['p2pstdio'], 'bad parameters'],
    [['-c', 'git-annex-shell '], 'bad parameters'],
    [['-c', 'git-annex-shell configlist'], 'bad parameters'],
    [['-c', "git-annex-shell 'git-upload-pack' '/r'"], 'bad parameters'],
    [['-c', 'git-annex-shell git-annex-shell configlist /r'], 'bad parameters'],
    [['configlist', '/r', '--bogus'], "Invalid option `--bogus'"],
    [['configlist', '/r', '--debug=1'], "Invalid option `--debug=1'"],
    [['configlist', '/r', '--uuid'], 'The option `--uuid` expects an argument.'],
  ])('%j', (argv, message) => {
    expect(() => parseCommandWords(argv)).toThrow(new UsageError(message));
  });
});

test.each([
  [['-c', "git-upload-pack '/srv/r'"], '/srv/r'],
  [['-c', 'git-upload-pack'], 'git-upload-pack'],
  [['-c', "configlist '/srv/r'"], '/srv/r'],
  [['git-receive-pack', '/srv/r'], '/srv/r'],
  [['-c', "rm -rf '/a' /b"], '/b'],
  [['-c', ' '], undefined],
])('%j is for git-shell, as it is', (argv, directory) => {
  expect(parseCommandWords(argv)).toEqual({ type: 'git', argv, directory });
});
