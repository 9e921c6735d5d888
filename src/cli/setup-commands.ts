/** The commands that make repositories, clusters and what guards them. */

import { Argument, type Command } from 'commander';
import { withOutput, withQuiet, type Registration } from './common-options.ts';
import type { LockdownOptions } from './lockdown.ts';
import type { OutputOptions } from './report.ts';

export function addSetup(program: Command, registration: Registration): void {
  addInit(program, registration);
  addClusters(program, registration);
  addGuards(program, registration);
}

function addInit(program: Command, { terminal, done }: Registration): void {
  withOutput(program.command('init'))
    .description('make this git repository an annex')
    .argument('[description]')
    .action(async (description: string | undefined, options: OutputOptions) => {
      const { init } = await import('./init.ts');
      done(await init(description, options, terminal));
    });
}

function addClusters(program: Command, { terminal, done }: Registration): void {
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

function addGuards(program: Command, { terminal, done }: Registration): void {
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
