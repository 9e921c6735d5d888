/**
 * The command lines by which git-annex-shell is run at the other end of ssh (interop reference §5.2; git-annex(1) on
 * annex.ssh-options, annex-shell, annex.sshcaching and GIT_SSH).
 *
 *     ssh host -S SOCKET -o ControlMaster=auto -o ControlPersist=60 OPTIONS -o ConnectTimeout=10 … -p PORT -T "git-annex-shell 'p2pstdio' …"
 *
 * A host whose packets get lost is noticed by ssh itself, unless OPTIONS say otherwise: within some 10 s when it connects, and
 * within 20 s over a connection that was there.
 * The remote command is one word, which a shell splits there: everything in it is quoted, except remote.NAME.annex-shell,
 * which may be several words.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';
import type { GitConfig } from '../git/git-config.ts';
import type { SshUrl } from './ssh-url.ts';

export interface SshSettings {
  /** remote.NAME.annex-ssh-options, or annex.ssh-options. */
  readonly options: readonly string[];
  /** annex.sshcaching: whether processes share one connection. */
  readonly isSharing: boolean;
  /** remote.NAME.annex-shell. */
  readonly annexShell: string;
  /** What GIT_SSH_COMMAND or GIT_SSH say, where GIT_ANNEX_USE_GIT_SSH asks for it; options and sharing do not count then. */
  readonly gitSsh: GitSsh | undefined;
}

export type GitSsh =
  | { readonly type: 'shell-command'; readonly command: string }
  | { readonly type: 'program'; readonly program: string };

export function readSshSettings(
  config: GitConfig,
  remoteName: ByteString,
  environment: NodeJS.ProcessEnv,
): SshSettings {
  const text = (key: string): string | undefined => {
    const value = config.get(`remote.${remoteName}.annex-${key}`) ?? config.get(`annex.${key}`);
    return value === undefined ? undefined : byteStringToUTF8(value);
  };
  return {
    options: (text('ssh-options') ?? '').split(/\s+/).filter((word) => word !== ''),
    isSharing: config.getBool('annex.sshcaching') ?? true,
    annexShell: text('shell') ?? 'git-annex-shell',
    gitSsh: readGitSsh(environment),
  };
}

function readGitSsh(environment: NodeJS.ProcessEnv): GitSsh | undefined {
  if (environment['GIT_ANNEX_USE_GIT_SSH'] !== '1') return undefined;
  const command = environment['GIT_SSH_COMMAND'] ?? '';
  if (command !== '') return { type: 'shell-command', command };
  const program = environment['GIT_SSH'] ?? '';
  return program === '' ? undefined : { type: 'program', program };
}

export interface ShellWords {
  readonly command: string;
  readonly path: string;
  readonly parameters: readonly string[];
  /** The repository that it should be; undefined where that is not known. */
  readonly uuid: UUID | undefined;
}

/** The command as the shell at the other end reads it. */
export function annexShellCommand(annexShell: string, words: ShellWords): string {
  const quoted = [words.command, words.path, ...words.parameters].map(shellQuote);
  const uuid =
    words.uuid === undefined ? [] : ['--uuid', isPlainWord(words.uuid) ? words.uuid : shellQuote(words.uuid)];
  return [annexShell, ...quoted, ...uuid].join(' ');
}

export interface SshArguments {
  /** The socket of the connection to share; undefined for one of its own. */
  readonly controlPath: string | undefined;
  readonly remoteCommand: string;
}

export function sshArgv(
  { destination, port }: SshUrl,
  settings: SshSettings,
  { controlPath, remoteCommand }: SshArguments,
): readonly string[] {
  const portWords = port === undefined ? [] : ['-p', String(port)];
  const { gitSsh } = settings;
  if (gitSsh !== undefined) {
    const words = [destination, ...portWords, remoteCommand];
    return gitSsh.type === 'program'
      ? [gitSsh.program, ...words]
      : ['sh', '-c', `${gitSsh.command} "$@"`, gitSsh.command, ...words];
  }
  const sharing =
    controlPath === undefined
      ? []
      : ['-S', sshEscape(controlPath), '-o', 'ControlMaster=auto', '-o', `ControlPersist=${persistSeconds}`];
  // Of an option that is there twice, the first counts.
  return [
    'ssh',
    destination,
    ...sharing,
    ...settings.options,
    ...liveness,
    ...portWords,
    '-T',
    remoteCommand,
  ];
}

/** Asks the process that keeps a shared connection to end it. */
export function sshExitArgv({ destination }: SshUrl, controlPath: string): readonly string[] {
  return ['ssh', '-S', sshEscape(controlPath), '-O', 'exit', destination];
}

/** One word for any POSIX shell, quoted as git-annex quotes. */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new AnnexError('config', 'a word of a command has a NUL in it');
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}

function isPlainWord(word: string): boolean {
  return /^[A-Za-z0-9-]+$/.test(word) && !word.startsWith('-');
}

/** In paths ssh takes `%` for the beginning of a token. */
function sshEscape(path: string): string {
  return path.replaceAll('%', '%%');
}

const liveness = ['ConnectTimeout=10', 'ServerAliveInterval=5', 'ServerAliveCountMax=3'].flatMap((option) => [
  '-o',
  option,
]);

/** For how long nobody has to use a shared connection until it ends by itself, should we be killed. */
const persistSeconds = 60;
