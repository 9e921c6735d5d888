/**
 * The options that say which files or keys a command acts on, as git-annex has them (man page git-annex-matching-options):
 * in the order in which they were given, since `--and --or --not -( -)` stand between them. Commands that act on files
 * take them all with `withMatching`.
 */

import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseSizeText } from '../../types/size-text.ts';
import type { PlacementOptions } from '../placement/placement.ts';
import { parseDuration } from './duration.ts';
import type { LimitOptions } from './limits.ts';

/** One option as it was given: its name without dashes, and its value. */
export interface MatchingWord {
  readonly name: string;
  readonly value: string;
}

/** What commander hands to a command that has the options. */
export interface MatchingOptions extends LimitOptions, PlacementOptions {
  /** In the order of the command line; undefined where none was given. */
  readonly matching?: readonly MatchingWord[] | undefined;
}

/** Adds the matching options, and those common ones that matching looks at. */
export function withMatching(command: Command): Command {
  const words: MatchingWord[] = [];
  for (const [flags, description] of matchingFlags) {
    const option = new Option(flags, description).helpGroup('Matching options:');
    // Commander keeps only the last value of an option, so that each is noted when it comes by.
    command.addOption(option).on(`option:${option.name()}`, (value?: string) => {
      words.push({ name: option.name(), value: value ?? '' });
      command.setOptionValue('matching', words);
    });
  }
  return withPlacement(withLimits(command));
}

/** Adds the options that say how placement is judged. */
export function withPlacement(command: Command): Command {
  return command
    .option('-N, --numcopies <number>', 'override the number of copies that are wanted', wholeNumber)
    .option('--mincopies <number>', 'override the least number of copies', wholeNumber)
    .option('--rebalance', 'judge balanced expressions as fully balanced ones')
    .option('--trust <repository>', 'taken for compatibility: does not override trust', gather)
    .option('--semitrust <repository>', 'override trust, back to the default', gather)
    .option('--untrust <repository>', 'override trust: not to be trusted', gather);
}

function withLimits(command: Command): Command {
  return command
    .option('-T, --time-limit <time>', 'stop after this time', (text) => ({
      text,
      seconds: refusing(() => parseDuration(text)),
    }))
    .option('--size-limit <size>', 'total size of the files that are acted on', (text) => {
      const size = parseSizeText(text);
      if (size === undefined) throw new InvalidArgumentError(`cannot parse value \`${text}'`);
      return size;
    });
}

function refusing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted.');
  return Number(text);
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const matchingFlags: readonly (readonly [flags: string, description: string])[] = [
  ['-i, --in <repository>', 'present in a repository (REPOSITORY@{DATE}: was present then)'],
  ['--expected-present', 'logged to be present here'],
  ['-C, --copies <number>', 'with this many copies, or more'],
  ['--lackingcopies <number>', 'that need this many more copies'],
  ['--approxlackingcopies <number>', 'that need this many more copies, .gitattributes left out'],
  ['-B, --inbackend <name>', 'whose key is of this backend'],
  ['--securehash', 'whose key has a cryptographically secure hash'],
  ['--inallgroup <group>', 'present in all repositories of a group'],
  ['--onlyingroup <group>', 'present only in repositories of a group'],
  ['--metadata <field=glob>', 'with this metadata'],
  ['--url <glob>', 'recorded to be at such a URL'],
  ['--want-get', 'that this repository wants to get'],
  ['--want-get-by <repository>', 'that a repository wants to get'],
  ['--want-drop', 'that this repository wants to drop'],
  ['--want-drop-by <repository>', 'that a repository wants to drop'],
  ['--accessedwithin <interval>', 'whose content here was read since then'],
  ['--presentsince <repository:interval>', 'present in a repository for that long'],
  ['--lackingsince <repository:interval>', 'not in a repository for that long'],
  ['--changedsince <repository:interval>', 'that came to or left a repository since then'],
  ['--mimetype <glob>', 'of this MIME type'],
  ['--mimeencoding <glob>', 'of this MIME encoding'],
  ['--unlocked', 'that are unlocked'],
  ['--locked', 'that are locked'],
  ['-x, --exclude <glob>', 'but for such file names'],
  ['-I, --include <glob>', 'of such file names'],
  ['--excludesamecontent <glob>', 'but for content that another file of such a name has'],
  ['--includesamecontent <glob>', 'with content that another file of such a name has'],
  ['--largerthan <size>', 'larger than this'],
  ['--smallerthan <size>', 'smaller than this'],
  ['--anything', 'all'],
  ['--nothing', 'none'],
  ['--not', 'the opposite of the next option'],
  ['--and', 'both the previous and the next option'],
  ['--or', 'either the previous or the next option'],
  ['-(', 'open a group of options'],
  ['-)', 'close a group of options'],
];
