/**
 * `annexus shell`, a stand-in for git-annex-shell: what the words and the environment allow is checked first, then the
 * command's own file is loaded. An ssh connection waits for it, so nothing is loaded that its command does not need.
 */

import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { openGitRepository, type GitRepository } from '../../node/git/git-repository.ts';
import type { Event } from '../../types/event.ts';
import { parseUUID } from '../../types/uuid.ts';
import { parseCommandWords, type ShellCommand, type ShellCommandName } from './command-words.ts';
import {
  checkCommand,
  checkDirectory,
  checkGitCommand,
  resolveDirectory,
  type Environment,
} from './restrictions.ts';
import type { ShellSession } from './session.ts';
import { ShellError, UsageError } from './shell-error.ts';

export interface ShellSurroundings {
  readonly env: Environment;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Runs one command line (without the program's name) and gives the exit status. */
export async function runShell(argv: readonly string[], surroundings: ShellSurroundings): Promise<number> {
  const say = (line: string): void => surroundings.err(`git-annex-shell: ${clean(line)}\n`);
  try {
    return await run(argv, surroundings, say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) surroundings.err(`\n${usage}`);
    return error instanceof ShellError ? error.status : 1;
  }
}

async function run(
  argv: readonly string[],
  { env, signal }: ShellSurroundings,
  say: (line: string) => void,
): Promise<number> {
  const command = parseCommandWords(argv);
  if (command.type === 'git') {
    checkGitCommand(env);
    checkDirectory(command.directory, env);
    const { runGitShell } = await import('./git-shell.ts');
    return await runGitShell(command.argv);
  }
  checkCommand(command.name, env);
  checkDirectory(command.directory, env);
  // Loaded while git is at work.
  const loading = commands[command.name]();
  loading.catch(() => undefined);
  const git = await openRepository(command);
  try {
    const ownUUID = parseUUID((await git.config()).get('annex.uuid') ?? '');
    const events = (event: Event): void => {
      if (event.type === 'warning') say(event.message);
      else if (event.type === 'request-refused') say(event.reason);
      else if (command.debug) say(JSON.stringify(event));
    };
    const perform = await loading;
    return await perform({ command, git, ownUUID, env, say, events, signal });
  } finally {
    await git.close();
  }
}

async function openRepository(command: ShellCommand): Promise<GitRepository> {
  const path = resolveDirectory(command.directory);
  try {
    // As git does it, a bare repository may be named without its suffix.
    return await openGitRepository(!existsSync(path) && existsSync(`${path}.git`) ? `${path}.git` : path);
  } catch (error) {
    const why = error instanceof Error ? ` (${error.message})` : '';
    throw new ShellError(
      `failed to read git config of git repository in ${hostname()} on ${command.directory}; ` +
        `perhaps this repository is not set up correctly or has moved${why}`,
    );
  }
}

type Perform = (session: ShellSession) => Promise<number>;

const commands: Readonly<Record<ShellCommandName, () => Promise<Perform>>> = {
  configlist: async () => (await import('./configlist.ts')).configList,
  dropkey: async () => (await import('./dropkey.ts')).dropKey,
  gcryptsetup: async () => (await import('./gcryptsetup.ts')).gcryptSetup,
  inannex: async () => (await import('./inannex.ts')).inAnnex,
  notifychanges: async () => (await import('./notifychanges.ts')).notifyChanges,
  p2pstdio: async () => (await import('./p2pstdio.ts')).p2pStdio,
  recvkey: () => Promise.resolve(rsyncOnly),
  sendkey: () => Promise.resolve(rsyncOnly),
};

function rsyncOnly({ command }: ShellSession): Promise<number> {
  throw new ShellError(`${command.name} is for clients that transfer by rsync, which annexus does not serve`);
}

/** Clients choose what is in some messages: nothing of it may steer a terminal. */
function clean(line: string): string {
  return line.slice(0, maxLine).replaceAll(/\p{Cc}/gu, '?');
}

const maxLine = 4000;

const usage = `Usage: git-annex-shell [-c] command [parameters ...] [option ...]

Plumbing commands:

configlist    outputs relevant git configuration
dropkey       drops annexed content for specified keys
gcryptsetup   sets up gcrypt repository
inannex       checks if keys are present in the annex
notifychanges sends notification when git refs are changed
p2pstdio      communicate in P2P protocol over stdio
`;
