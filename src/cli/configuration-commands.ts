/** The commands that show and change what the git-annex branch says of repositories and files, but for what is stored. */

import { Option, type Command } from 'commander';
import type { MetaDataEdit } from '../logs/metadata-edit.ts';
import { withOutput, withQuiet, type Registration } from './common-options.ts';
import type { DeadOptions } from './dead.ts';
import type { GroupOptions } from './group.ts';
import { withMatching } from './matching/matching-options.ts';
import type { MetaDataOptions } from './metadata.ts';
import { withEdits } from './metadata-options.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import type { TrustOptions } from './trust.ts';

type Action<Options> = (words: readonly string[], options: Options, terminal: Terminal) => Promise<number>;

export function addConfiguration(program: Command, registration: Registration): void {
  addPlacement(program, registration);
  addTrust(program, registration);
  addDescriptions(program, registration);
}

function addPlacement(program: Command, { terminal, done }: Registration): void {
  const add = adder(program, { terminal, done, wrap: withQuiet });
  add('wanted', 'get or set preferred content expression', {
    usage: '<repository> [expression]',
    load: async () => (await import('./wanted.ts')).wanted,
  });
  add('required', 'get or set required content expression', {
    usage: '<repository> [expression]',
    load: async () => (await import('./required.ts')).required,
  });
  add('groupwanted', 'get or set groupwanted expression', {
    usage: '<group> [expression]',
    load: async () => (await import('./groupwanted.ts')).groupWanted,
  });
  add<GroupOptions>('group', 'add a repository to a group', {
    usage: '<repository> [group]',
    load: async () => (await import('./group.ts')).group,
  }).option('--list', 'list all groups that repositories are in');
  add('ungroup', 'remove a repository from a group', {
    usage: '<repository> <group>',
    load: async () => (await import('./ungroup.ts')).ungroup,
  });
  add('numcopies', 'configure desired number of copies', {
    usage: '[number]',
    load: async () => (await import('./numcopies.ts')).numCopies,
  });
  add('mincopies', 'configure minimum number of copies', {
    usage: '[number]',
    load: async () => (await import('./mincopies.ts')).minCopies,
  });
}

function addTrust(program: Command, { terminal, done }: Registration): void {
  const add = adder(program, { terminal, done, wrap: withOutput });
  add<TrustOptions>('trust', 'trust a repository', {
    usage: '<repository...>',
    load: async () => (await import('./trust.ts')).trust,
  }).option('--force', 'do it, although data may be lost by it');
  add('semitrust', 'return repository to default trust level', {
    usage: '<repository...>',
    load: async () => (await import('./semitrust.ts')).semitrust,
  });
  add('untrust', 'do not trust a repository', {
    usage: '<repository...>',
    load: async () => (await import('./untrust.ts')).untrust,
  });
  add<DeadOptions>('dead', 'hide a lost repository or key', {
    usage: '<repository...> | --key <key>',
    load: async () => (await import('./dead.ts')).dead,
  }).option('--key <key>', 'a key whose content is lost', gather);
}

function addDescriptions(program: Command, registration: Registration): void {
  const { terminal, done } = registration;
  const add = adder(program, { terminal, done, wrap: withQuiet });
  add('describe', 'change description of a repository', {
    usage: '<repository> <description>',
    load: async () => (await import('./describe.ts')).describe,
  });
  add('vicfg', 'edit configuration in git-annex branch', {
    usage: '',
    load: async () => (await import('./vicfg/vicfg.ts')).vicfg,
  });
  const edits: MetaDataEdit[] = [];
  withEdits(withMatching(withOutput(program.command('metadata'))), edits)
    .description('sets or gets metadata of a file')
    .argument('[path...]')
    .option('-g, --get <field>', 'print the values of a field, one a line')
    .option('--key <key>', 'metadata of this key')
    .option('-A, --all', 'metadata of all known keys')
    .option('--batch', 'read JSON from standard input, and answer each line')
    .addOption(new Option('--force', 'change the metadata of all files of the work tree'))
    .action(async (paths: string[], options: MetaDataOptions) => {
      const { metadata } = await import('./metadata.ts');
      done(await metadata(paths, { ...options, edits }, terminal));
    });
}

interface CommandCode<Options> {
  readonly usage: string;
  readonly load: () => Promise<Action<Options>>;
}

/** Commands that look at their words themselves, since git-annex has texts of its own for those that are missing. */
function adder(
  program: Command,
  { terminal, done, wrap }: Registration & { readonly wrap: (command: Command) => Command },
) {
  return <Options = OutputOptions>(
    name: string,
    description: string,
    { usage, load }: CommandCode<Options>,
  ): Command =>
    wrap(program.command(name))
      .description(description)
      .usage(`[options] ${usage}`.trimEnd())
      .argument('[word...]')
      .action(async (words: string[], options: Options) => {
        const run = await load();
        done(await run(words, options, terminal));
      });
}

function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
