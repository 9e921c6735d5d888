/** The commands that tell where things are, and where they should be. */

import { Option, type Command } from 'commander';
import { gather, withOutput, type Registration } from './common-options.ts';
import type { CompletionOptions } from './completion.ts';
import type { FindOptions } from './find/find.ts';
import type { InfoOptions } from './info-context.ts';
import { withMatching, withPlacement } from './matching/matching-options.ts';
import type { MaxSizeOptions } from './maxsize.ts';
import type { ExplainOptions } from './placement/explain.ts';
import type { PlanOptions } from './placement/plan.ts';
import type { WhereisOptions } from './whereis.ts';

export function addQueries(program: Command, registration: Registration): void {
  addContent(program, registration);
  addSizes(program, registration);
  addPlacement(program, registration);
  addCompletion(program, registration);
}

function addContent(program: Command, { terminal, done }: Registration): void {
  withMatching(withOutput(program.command('info')))
    .description(
      'information about the repository, a remote, a repository known by UUID or description, a file, directory or tree',
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

function addSizes(program: Command, { terminal, done }: Registration): void {
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

function addPlacement(program: Command, { terminal, done }: Registration): void {
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

function addCompletion(program: Command, { terminal, done }: Registration): void {
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
