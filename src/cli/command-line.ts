/**
 * The command line: names and options of every command, as git-annex has them where it has them. Each command's code is
 * imported when it runs and not before, so that `--help` and small commands start fast.
 *
 * Exit status: 0 done, 1 something failed or a wrong word on the command line (as git-annex).
 */

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseJobs, type Jobs } from '../node/gateway/jobs.ts';
import type { CompletionOptions } from './completion.ts';
import type { FindOptions } from './find/find.ts';
import type { InfoOptions } from './info-context.ts';
import type { LockdownOptions } from './lockdown.ts';
import { withMatching, withPlacement } from './matching/matching-options.ts';
import type { P2PHTTPOptions } from './p2phttp.ts';
import type { ExplainOptions } from './placement/explain.ts';
import type { PlanOptions } from './placement/plan.ts';
import type { RemoteDaemonOptions } from './remotedaemon.ts';
import type { MaxSizeOptions } from './maxsize.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import type { UpOptions } from './up.ts';
import { version } from './version.ts';
import type { WhereisOptions } from './whereis.ts';

/** Runs one command line (without the program's name) and gives the exit status. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = buildProgram(terminal, (exitStatus) => {
    status = exitStatus;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    terminal.err(`annexus: ${error instanceof Error ? error.message : String(error)}\n`);
    if (terminal.env['ANNEXUS_DEBUG'] !== undefined && error instanceof Error)
      terminal.err(`${error.stack}\n`);
    return 1;
  }
}

type Done = (exitStatus: number) => void;

function buildProgram(terminal: Terminal, done: Done): Command {
  const program = new Command('annexus')
    .description('The gateway for git-annex: many repositories and object stores as one place.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      outputError: (text) => terminal.err(`annexus: ${oneLine(text)}\n`),
    });
  addServers(program, terminal, done);
  addDaemons(program, terminal, done);
  addShell(program);
  addSetup(program, terminal, done);
  addGuards(program, terminal, done);
  addQueries(program, terminal, done);
  addSizes(program, terminal, done);
  addPlacement(program, terminal, done);
  addCompletion(program, terminal, done);
  return program;
}

function addServers(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('up')
    .description('make (if need be) and serve a gateway with a three-node cluster')
    .argument('[DIR]', 'where the repositories are, or are to be made', 'archive')
    .option('--bind <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on (0: any free one)', portNumber, 9417)
    .option('--wideopen', 'let anyone who can connect read, write and remove')
    .option('--authenv-http', 'users and passwords from the environment (GIT_ANNEX_P2PHTTP_PASSWORD_<user>)')
    .option('-d, --debug', 'tell all that happens')
    .action(async (directory: string, options: UpOptions) => {
      const { up } = await import('./up.ts');
      done(await up(directory, options, terminal));
    });
  program
    .command('p2phttp')
    .description('serve this repository and what it proxies by the P2P protocol over HTTP')
    .option('--bind <address>', 'address to listen on (default: all)')
    .option('--port <number>', 'port to listen on (0: any free one)', portNumber, 9417)
    .option('--wideopen', 'let anyone who can connect read, write and remove')
    .option('--unauth-readonly', 'let anyone who can connect read')
    .option('--unauth-appendonly', 'let anyone who can connect read and write, but not remove')
    .option('--unauth-nolocking', 'anyone who is not a user may not lock content')
    .option('--authenv-http', 'users and passwords from the environment (GIT_ANNEX_P2PHTTP_PASSWORD_<user>)')
    .option('-J, --jobs <number>', 'taken for compatibility: no request of Annexus waits for a worker', jobs)
    .option('--clusterjobs <number>', 'how many nodes to fill at once that uploads left out', jobs)
    .option(
      '--proxyconnections <number>',
      'taken for compatibility: idle ones end by themselves',
      positiveNumber,
    )
    .option('--lockedfiles <number>', 'how many files may be locked at a time', positiveNumber)
    .option('-d, --debug', 'tell all that happens')
    .action(async (options: P2PHTTPOptions) => {
      const { p2phttp } = await import('./p2phttp.ts');
      done(await p2phttp(options, terminal));
    });
}

function addDaemons(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('remotedaemon')
    .description('serve this repository and what it proxies to peers that come by a P2P address')
    .option('--socket <path>', 'listen on this unix socket')
    .option('--port <number>', 'listen on this port of the loopback address', portNumber)
    .option('--foreground', 'taken for compatibility: it always stays in the foreground')
    .option('-d, --debug', 'tell all that happens')
    .action(async (options: RemoteDaemonOptions) => {
      const { remoteDaemon } = await import('./remotedaemon.ts');
      done(await remoteDaemon(options, terminal));
    });
}

/** bin/annexus runs it without coming here; this is for those who ask what there is. */
function addShell(program: Command): void {
  program
    .command('shell')
    .description('serve by ssh, as git-annex-shell: for remote.NAME.annex-shell or a forced command')
    .usage('[-c] command [parameters ...] [option ...]');
}

function addSetup(program: Command, terminal: Terminal, done: Done): void {
  withOutput(program.command('init'))
    .description('make this git repository an annex')
    .argument('[description]')
    .action(async (description: string | undefined, options: OutputOptions) => {
      const { init } = await import('./init.ts');
      done(await init(description, options, terminal));
    });
  withQuiet(program.command('initcluster'))
    .description('initialize a new cluster')
    .argument('<name>')
    .argument('[description]')
    .action(async (name: string, description: string | undefined, options: OutputOptions) => {
      const { initCluster } = await import('./initcluster.ts');
      done(await initCluster({ name, description }, options, terminal));
    });
  withQuiet(program.command('extendcluster'))
    .description('add a gateway to a cluster: this repository')
    .argument('<gateway>', 'a remote that is a gateway to the cluster')
    .argument('<name>', 'the name of the cluster')
    .action(async (gateway: string, name: string, options: OutputOptions) => {
      const { extendCluster } = await import('./extendcluster.ts');
      done(await extendCluster({ gateway, name }, options, terminal));
    });
  withQuiet(program.command('updatecluster'))
    .description('update records of cluster nodes')
    .action(async (options: OutputOptions) => {
      const { updateCluster } = await import('./updatecluster.ts');
      done(await updateCluster(options, terminal));
    });
  withQuiet(program.command('updateproxy'))
    .description('update records with proxy configuration')
    .action(async (options: OutputOptions) => {
      const { updateProxy } = await import('./updateproxy.ts');
      done(await updateProxy(options, terminal));
    });
}

function addGuards(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('lockdown')
    .description(
      'let nobody change the configuration of this gateway’s clusters by a push, unless it is signed',
    )
    .addArgument(new Argument('[action]', 'without it: says how it stands').choices(['on', 'off', 'sign']))
    .option('--signers <file>', 'who may sign, as ssh-keygen reads allowed signers')
    .action(async (action: string | undefined, options: LockdownOptions) => {
      const { lockdown } = await import('./lockdown.ts');
      done(await lockdown(action, options, terminal));
    });
  program
    .command('pre-receive', { hidden: true })
    .description('what a gateway’s hook runs under lockdown')
    .action(async () => {
      const { preReceive } = await import('./pre-receive.ts');
      done(await preReceive(terminal));
    });
}

function addQueries(program: Command, terminal: Terminal, done: Done): void {
  withOutput(program.command('info'))
    .description(
      'information about the repository, a remote, a repository known by UUID or description, or a file',
    )
    .argument('[item...]')
    .option('-F, --fast', 'only what can be found quickly')
    .option('--bytes', 'sizes in bytes')
    .action(async (items: string[], options: InfoOptions) => {
      const { info } = await import('./info.ts');
      done(await info(items, options, terminal));
    });
  withMatching(withOutput(program.command('find')))
    .description('list available files')
    .argument('[path...]')
    .option('--format <format>', 'control the format of output: ${file}, ${key} and so on')
    .option('--print0', 'end names with NUL')
    .option('--branch <ref>', 'list the files of a branch or tree')
    .option('--batch', 'read names from standard input, and answer each')
    .option('-z', 'the input of --batch ends names with NUL')
    .action(async (paths: string[], options: FindOptions) => {
      const { find } = await import('./find/find.ts');
      done(await find(paths, options, terminal));
    });
  withMatching(withOutput(program.command('whereis')))
    .description('list the repositories that have file content')
    .argument('[path...]')
    .option('--key <key>', 'show where this key is')
    .option('-A, --all', 'show all known keys')
    .option('--branch <ref>', 'show the files of a branch or tree')
    .action(async (paths: string[], options: WhereisOptions) => {
      const { whereis } = await import('./whereis.ts');
      done(await whereis(paths, options, terminal));
    });
}

function addSizes(program: Command, terminal: Terminal, done: Done): void {
  withOutput(program.command('maxsize'))
    .description('configure how much a repository should hold at most; without a repository: what each holds')
    .argument('[repository]', 'the name of a remote, a UUID, a description, or here')
    .argument('[size]', 'in any units, as "100 gigabytes" or 0.8TB')
    .option('--bytes', 'sizes in bytes')
    .action(async (repository: string | undefined, size: string | undefined, options: MaxSizeOptions) => {
      const { maxSize } = await import('./maxsize.ts');
      done(await maxSize({ repository, size }, options, terminal));
    });
}

function addPlacement(program: Command, terminal: Terminal, done: Done): void {
  withPlacement(program.command('explain'))
    .description(
      'why repositories want a file or not, term by term; exit status 1 where the named one does not',
    )
    .argument('[file]')
    .argument('[repository]', 'this one alone')
    .option('--key <key>', 'of a key, in place of a file')
    .option('-j, --json', 'one JSON object')
    .action(async (file: string | undefined, repository: string | undefined, options: ExplainOptions) => {
      const { explain } = await import('./placement/explain.ts');
      const words = [file, repository].filter((word) => word !== undefined);
      done(await explain(words, options, terminal));
    });
  withMatching(withOutput(program.command('plan')))
    .description('what would move where if the preferred content of repositories were applied now')
    .argument('[path...]')
    .option('-A, --all', 'plan for all known keys')
    .option('--branch <ref>', 'plan for the files of a branch or tree')
    .option('--files', 'list what would be moved, too')
    .option('--without <repository>', 'as if this repository were to be emptied', gather)
    .option('--with <group[,group][=maxsize]>', 'as if a new repository were in these groups', gather)
    .action(async (paths: string[], options: PlanOptions) => {
      const { plan } = await import('./placement/plan.ts');
      done(await plan(paths, options, terminal));
    });
}

function addCompletion(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('completion')
    .description('print a script that completes annexus on the command line of bash, zsh or fish')
    .argument('[shell]')
    .addOption(new Option('--remotes', 'print the names of remotes').hideHelp())
    .action(async (shell: string | undefined, options: CompletionOptions) => {
      const { completion } = await import('./completion.ts');
      done(await completion(shell, { ...options, program }, terminal));
    });
}

/** Commander's errors begin with a word of their own, and may have a suggestion on a second line. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}

function withQuiet(command: Command): Command {
  return command.option('-q, --quiet', 'no output but errors');
}

function withOutput(command: Command): Command {
  return withQuiet(command)
    .option('-j, --json', 'one JSON object a line')
    .option('--json-error-messages', 'errors within the JSON objects');
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

function positiveNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('a number from 1 is wanted.');
  return Number(text);
}

function jobs(text: string): Jobs {
  const found = parseJobs(text);
  if (found === undefined) throw new InvalidArgumentError('a number from 1 is wanted, or cpus.');
  return found;
}
