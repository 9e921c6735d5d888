/** The commands that serve: over HTTP, sockets and ssh. */

import type { Command } from 'commander';
import { gather, jobs, naturalNumber, portNumber, type Registration } from './common-options.ts';
import { withObservation } from './observe-options.ts';
import type { P2PHTTPOptions } from './p2phttp.ts';
import type { ServeFlags } from './serve.ts';
import type { RemoteDaemonOptions } from './remotedaemon.ts';
import type { UpOptions } from './up.ts';

export function addServers(program: Command, registration: Registration): void {
  addUp(program, registration);
  addP2PHTTP(program, registration);
  addServe(program, registration);
  addRemoteDaemon(program, registration);
  addShell(program);
}

function addUp(program: Command, { terminal, done }: Registration): void {
  withObservation(program.command('up'))
    .description('make (if need be) and serve a gateway with a three-node cluster')
    .argument('[DIR]', 'where the repositories are, or are to be made', 'archive')
    .option('--bind <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on (0: any free one)', portNumber, 9417)
    .option('--wideopen', 'let anyone who can connect read, write and remove')
    .option('--authenv-http', 'users and passwords from the environment (GIT_ANNEX_P2PHTTP_PASSWORD_<user>)')
    .action(async (directory: string, options: UpOptions) => {
      const { up } = await import('./up.ts');
      done(await up(directory, options, terminal));
    });
}

function addP2PHTTP(program: Command, { terminal, done }: Registration): void {
  withObservation(program.command('p2phttp'))
    .description('serve this repository and what it proxies by the P2P protocol over HTTP')
    .option('--directory <path>', 'serve the repositories found in it instead; may be repeated', gather)
    .option('--bind <address>', 'address to listen on (default: all)')
    .option('--port <number>', 'port to listen on (default: 9417, 0: any free one)', portNumber)
    .option('--socket <path>', 'unix socket to listen on instead')
    .option('--certfile <file>', 'TLS certificate, for HTTPS; read anew when it changes')
    .option('--privatekeyfile <file>', 'TLS private key, for HTTPS')
    .option('--chainfile <file>', 'TLS chain; may be repeated', gather)
    .option('--wideopen', 'let anyone who can connect read, write and remove')
    .option('--unauth-readonly', 'let anyone who can connect read')
    .option('--unauth-appendonly', 'let anyone who can connect read and write, but not remove')
    .option('--unauth-nolocking', 'anyone who is not a user may not lock content')
    .option(
      '--authenv',
      'users and passwords from the environment (GIT_ANNEX_P2PHTTP_PASSWORD_<user>), for HTTPS',
    )
    .option('--authenv-http', 'the same, for HTTP as well')
    .option('-J, --jobs <number>', 'taken for compatibility: no request of Annexus waits for a worker', jobs)
    .option('--clusterjobs <number>', 'how many nodes to fill at once that uploads left out', jobs)
    .option(
      '--cpus <number>',
      'taken for compatibility: Annexus runs on one, its disk work aside',
      naturalNumber,
    )
    .option('--proxyconnections <number>', 'how many idle connections to keep to each node', naturalNumber)
    .option('--lockedfiles <number>', 'how many files may be locked at a time', naturalNumber)
    .action(async (options: P2PHTTPOptions) => {
      const { p2phttp } = await import('./p2phttp.ts');
      done(await p2phttp(options, terminal));
    });
}

function addServe(program: Command, { terminal, done }: Registration): void {
  program
    .command('serve')
    .description(
      'serve repositories as a configuration says: git, annex and files on one port, with users and limits',
    )
    .argument('<config>', 'the configuration, in YAML (doc/serve/configuration.md)')
    .option('--check', 'only check the configuration and all that it names')
    .option('-d, --debug', 'tell all that happens')
    .action(async (config: string, options: ServeFlags) => {
      const { serve } = await import('./serve.ts');
      done(await serve(config, options, terminal));
    });
}

function addRemoteDaemon(program: Command, { terminal, done }: Registration): void {
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
