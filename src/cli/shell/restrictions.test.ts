// What the environment allows: the same answers as git-annex-shell's, which test/interop/shell-commands.test.ts compares.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ShellCommandName } from './command-words.ts';
import { checkCommand, checkDirectory, resolveDirectory, serverMode } from './restrictions.ts';

const readOnly = { GIT_ANNEX_SHELL_READONLY: '1' };
const appendOnly = { GIT_ANNEX_SHELL_APPENDONLY: '1' };

test('an empty variable restricts nothing, and read-only wins', () => {
  expect(serverMode({})).toBe('readwrite');
  expect(serverMode({ GIT_ANNEX_SHELL_READONLY: '' })).toBe('readwrite');
  expect(serverMode(appendOnly)).toBe('appendonly');
  expect(serverMode({ ...readOnly, ...appendOnly })).toBe('readonly');
});

test.each<[ShellCommandName, boolean, boolean]>([
  ['configlist', true, true],
  ['inannex', true, true],
  ['notifychanges', true, true],
  ['p2pstdio', true, true],
  ['sendkey', true, true],
  ['recvkey', false, true],
  ['dropkey', false, false],
  ['gcryptsetup', false, false],
])('%s: read-only %s, append-only %s', (name, inReadOnly, inAppendOnly) => {
  const isAllowed = (env: Record<string, string>): boolean => {
    try {
      checkCommand(name, env);
      return true;
    } catch {
      return false;
    }
  };
  expect([isAllowed({}), isAllowed(readOnly), isAllowed(appendOnly)]).toEqual([
    true,
    inReadOnly,
    inAppendOnly,
  ]);
});

test.each([
  ['/srv/r', '/srv/r'],
  ['/srv//x/../r/', '/srv/r'],
  ['/', '/'],
  ['r', join(homedir(), 'r')],
  ['~/r/', join(homedir(), 'r')],
  ['/~/r', join(homedir(), 'r')],
  ['~', homedir()],
  ['', homedir()],
  ['../../../../../../x', '/x'],
])('%j is the directory %j', (directory, path) => {
  expect(resolveDirectory(directory)).toBe(path);
});

test.each([
  ['/srv/r', '/srv/r/', undefined],
  ['/srv/r', '/srv/./r', undefined],
  ['~/r', join(homedir(), 'r'), undefined],
  ['', '/anywhere', undefined],
  ['/srv/r', '/srv/r/sub', 'Only allowed to access /srv/r not /srv/r/sub'],
  ['/srv/r', '/srv/r/../s', 'Only allowed to access /srv/r not /srv/s'],
  ['/srv/r', 'r', 'Only allowed to access /srv/r not ~/r'],
  ['/srv/r', undefined, 'Only allowed to access /srv/r and could not determine directory from command line'],
])('where only %j is allowed, %j', (allowed, directory, message) => {
  let said: string | undefined;
  try {
    checkDirectory(directory, { GIT_ANNEX_SHELL_DIRECTORY: allowed });
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toBe(message);
});
