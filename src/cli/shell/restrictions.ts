/**
 * What the environment of git-annex-shell allows (interop reference §5.5). A variable counts where it is not empty. An
 * administrator sets them, in a forced command for instance, so nothing that a client says may get around them.
 */

import { homedir } from 'node:os';
import { join, normalize } from 'node:path';
import type { ServerMode } from '../../remote/remote.ts';
import type { ShellCommandName } from './command-words.ts';
import { ShellError } from './shell-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Read-only wins over append-only. */
export function serverMode(env: Environment): ServerMode {
  if (isSet(env, readOnly)) return 'readonly';
  return isSet(env, appendOnly) ? 'appendonly' : 'readwrite';
}

/** Throws ShellError where the mode has no place for this command. */
export function checkCommand(name: ShellCommandName, env: Environment): void {
  const mode = serverMode(env);
  if (mode === 'readonly' && !readingCommands.has(name)) throw blocked(readOnly);
  if (mode === 'appendonly' && !readingCommands.has(name) && name !== 'recvkey') throw blocked(appendOnly);
}

/** Throws ShellError where the repository may not be changed at all. */
export function checkMayInitialize(env: Environment): void {
  if (isSet(env, readOnly)) throw blocked(readOnly);
}

/** Throws ShellError where only commands of our own may be run. */
export function checkGitCommand(env: Environment): void {
  if (isSet(env, limited)) throw blocked(limited);
}

/** Throws ShellError unless the directory is the one that is allowed, where only one is. */
export function checkDirectory(directory: string | undefined, env: Environment): void {
  const allowed = env[onlyDirectory];
  if (allowed === undefined || allowed === '') return;
  const only = `Only allowed to access ${shown(allowed)}`;
  if (directory === undefined || directory === '')
    throw new ShellError(`${only} and could not determine directory from command line`);
  if (resolveDirectory(directory) !== resolveDirectory(allowed))
    throw new ShellError(`${only} not ${shown(directory)}`);
}

/** The absolute path of a directory as ssh's users write it: relative ones are in their home. */
export function resolveDirectory(directory: string): string {
  const spelled = inHome(directory);
  const path = spelled.startsWith('~') ? join(homedir(), spelled.slice(1)) : spelled;
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** `~/x` for `x`, `~/x` and `/~/x`. */
function inHome(directory: string): string {
  if (directory === '/~' || directory.startsWith('/~/')) return directory.slice(1);
  if (directory === '~' || directory.startsWith('~/') || directory.startsWith('/')) return directory;
  return `~/${directory}`;
}

/** As git-annex shows it: from the home directory where it is there. */
function shown(directory: string): string {
  const path = resolveDirectory(directory);
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function isSet(env: Environment, name: string): boolean {
  const value = env[name];
  return value !== undefined && value !== '';
}

function blocked(variable: string): ShellError {
  return new ShellError(`Action blocked by ${variable}`);
}

const readOnly = 'GIT_ANNEX_SHELL_READONLY';
const appendOnly = 'GIT_ANNEX_SHELL_APPENDONLY';
const limited = 'GIT_ANNEX_SHELL_LIMITED';
const onlyDirectory = 'GIT_ANNEX_SHELL_DIRECTORY';

const readingCommands: ReadonlySet<ShellCommandName> = new Set<ShellCommandName>([
  'configlist',
  'inannex',
  'notifychanges',
  'p2pstdio',
  'sendkey',
]);
