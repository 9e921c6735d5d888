/**
 * The command line of git-annex-shell (interop reference §5.1), whose grammar is its own:
 *
 *     [-c] COMMAND DIRECTORY [PARAMETER…] [OPTION…] [-- FIELD=VALUE… [-- …]]
 *     -c "git-annex-shell 'COMMAND' 'DIRECTORY' …"      as a login shell, or from an ssh forced command
 *     -c "git-upload-pack 'DIRECTORY'"                  anything else is for git-shell
 *
 * The second word is the directory whatever it looks like; options come after it.
 */

import { UsageError } from './shell-error.ts';
import { unescapeShell } from './unescape-shell.ts';

export type ShellCommandName =
  | 'configlist'
  | 'dropkey'
  | 'gcryptsetup'
  | 'inannex'
  | 'notifychanges'
  | 'p2pstdio'
  | 'recvkey'
  | 'sendkey';

/** A command of our own. */
export interface ShellCommand {
  readonly type: 'command';
  readonly name: ShellCommandName;
  readonly directory: string;
  readonly parameters: readonly string[];
  /** The repository that is asked for. */
  readonly uuid: string | undefined;
  readonly force: boolean;
  readonly debug: boolean;
  readonly fields: ReadonlyMap<string, string>;
}

/** A command for git-shell, with the words that it is to be started with. */
export interface GitCommand {
  readonly type: 'git';
  readonly argv: readonly string[];
  /** What the last word of the command line is, which git's commands have as their directory. */
  readonly directory: string | undefined;
}

/** Throws UsageError for what is no command line. */
export function parseCommandWords(argv: readonly string[]): ShellCommand | GitCommand {
  const start = argv.findIndex((word) => word !== '-c');
  const words = start === -1 ? [] : argv.slice(start);
  const [first, directory, ...others] = words;
  if (first === undefined) throw new UsageError('bad parameters');
  if (isShellCommandName(first)) {
    if (directory === undefined) throw new UsageError('bad parameters');
    return shellCommand(first, directory, others);
  }
  // Only once: a string within the string is no command of ours.
  if (words.length === 1 && first.startsWith('git-annex-shell ')) {
    const [name, inner, ...rest] = unescapeShell(first).slice(1);
    if (name === undefined || inner === undefined || !isShellCommandName(name))
      throw new UsageError('bad parameters');
    return shellCommand(name, inner, rest);
  }
  return { type: 'git', argv, directory: unescapeShell(words.at(-1) ?? '').at(-1) };
}

function shellCommand(name: ShellCommandName, directory: string, others: readonly string[]): ShellCommand {
  const end = others.indexOf('--');
  const options = parseOptions(end === -1 ? others : others.slice(0, end));
  const fields = parseFields(end === -1 ? [] : others.slice(end + 1));
  return { type: 'command', name, directory, ...options, fields };
}

type Options = Pick<ShellCommand, 'parameters' | 'uuid' | 'force' | 'debug'>;

function parseOptions(words: readonly string[]): Options {
  const parameters: string[] = [];
  const switches = new Set<string>();
  let uuid: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      parameters.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals === -1 ? word : word.slice(0, equals);
    if (withValue.has(name)) {
      const value = equals === -1 ? words[++at] : word.slice(equals + 1);
      if (value === undefined) throw new UsageError(`The option \`${name}\` expects an argument.`);
      if (name === '--uuid') uuid = value;
    } else if (equals === -1 && withoutValue.has(name)) switches.add(name);
    else throw new UsageError(`Invalid option \`${word}'`);
  }
  const debug = switches.has('--debug') || switches.has('-d');
  return { parameters, uuid, force: switches.has('--force'), debug };
}

/** Unknown fields are ignored, and so are values that a field cannot have. */
function parseFields(words: readonly string[]): ReadonlyMap<string, string> {
  const end = words.indexOf('--');
  const fields = new Map<string, string>();
  for (const word of end === -1 ? words : words.slice(0, end)) {
    const equals = word.indexOf('=');
    const name = word.slice(0, equals);
    const value = word.slice(equals + 1);
    if (knownFields.get(name)?.test(value) === true) fields.set(name, value);
  }
  return fields;
}

function isShellCommandName(word: string): word is ShellCommandName {
  return commandNames.has(word);
}

const commandNames: ReadonlySet<string> = new Set<ShellCommandName>([
  'configlist',
  'dropkey',
  'gcryptsetup',
  'inannex',
  'notifychanges',
  'p2pstdio',
  'recvkey',
  'sendkey',
]);

const knownFields: ReadonlyMap<string, RegExp> = new Map([
  ['remoteuuid', /^[A-Za-z0-9-]+$/],
  ['autoinit', /^1$/],
]);

// Clients send --uuid, --debug and --force; the others are git-annex's common options, and change nothing here.
const withValue: ReadonlySet<string> = new Set(['--uuid', '--debugfilter', '--numcopies', '--mincopies']);
const withoutValue: ReadonlySet<string> = new Set([
  '--force',
  '--debug',
  '-d',
  '--no-debug',
  '--quiet',
  '-q',
  '--verbose',
  '-v',
  '--fast',
  '-F',
]);
