/**
 * `annexus find`, as git-annex's: lists annexed files that the matching options choose, those whose content is here where
 * no option is given. Works through the tree in a stream; results come in the order of the tree.
 */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { textToByteString, byteStringToBytes, type ByteString } from '../../util/byte-string.ts';
import { batchLines } from '../batch-lines.ts';
import { checkChoice, choosesKeys, chosenItems, fileNamed } from '../items.ts';
import { type ItemMatcher, useMatcher } from '../matching/item-matcher.ts';
import { Limits } from '../matching/limits.ts';
import type { MatchedItem } from '../matching/matched-item.ts';
import type { MatchingOptions } from '../matching/matching-options.ts';
import { quoteForTerminal } from '../quote-path.ts';
import { Report, type OutputOptions } from '../report.ts';
import type { Terminal } from '../terminal.ts';
import { withAnnex } from '../with-annex.ts';
import { findFields, findJSON } from './find-fields.ts';
import { formatFound, parseFindFormat } from './find-format.ts';

export interface FindOptions extends OutputOptions, MatchingOptions {
  readonly print0?: boolean | undefined;
  readonly format?: string | undefined;
  readonly branch?: string | undefined;
  readonly batch?: boolean | undefined;
  /** Input of `--batch` ends lines with NUL. */
  readonly z?: boolean | undefined;
}

export async function find(
  paths: readonly string[],
  options: FindOptions,
  terminal: Terminal,
): Promise<number> {
  checkOptions(paths, options);
  const report = new Report('find', options, terminal);
  const show = formatter(options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const print = (item: MatchedItem): void => {
      if (terminal.isOutputGone()) throw new AnnexError('remote', 'standard output was closed');
      terminal.out(byteStringToBytes(show(item)));
    };
    const choice = { paths, branch: options.branch };
    const actsOnKeys = choosesKeys(annex, choice);
    const limits = new Limits(options, terminal);
    const matching = { ...options, otherwise: 'present', actsOnKeys, terminal } as const;
    await useMatcher(annex, matching, async (matcher) => {
      if (options.batch === true) {
        await findBatch(options, { annex, matcher, print, terminal });
        return;
      }
      const items = chosenItems(annex, choice, {
        cwd: terminal.cwd,
        unknown: (error) => report.failure(error),
      });
      for await (const item of limits.within(matcher.filter(items))) print(item);
    });
    return limits.exitStatus(report.finish());
  });
}

function checkOptions(paths: readonly string[], { batch, branch, format, print0 }: FindOptions): void {
  checkChoice({ paths, branch });
  if (batch === true && (paths.length > 0 || branch !== undefined))
    throw new AnnexError('config', '--batch cannot be combined with file names or --branch');
  if (format !== undefined && print0 === true)
    throw new AnnexError('config', 'only one of --format and --print0 can be given');
}

interface Finding {
  readonly annex: OpenAnnex;
  readonly matcher: ItemMatcher;
  readonly print: (item: MatchedItem) => void;
  readonly terminal: Terminal;
}

/** An answer for each line, an empty one where there is nothing to show. */
async function findBatch(
  { z = false }: FindOptions,
  { annex, matcher, print, terminal }: Finding,
): Promise<void> {
  for await (const path of batchLines(terminal, { endsWithNUL: z })) {
    const item = await fileNamed(annex, { cwd: terminal.cwd, path });
    if (item !== undefined && (await matcher.matches(item))) print(item);
    else terminal.out('\n');
  }
}

function formatter(
  { json, jsonErrorMessages, format, print0 = false }: FindOptions,
  terminal: Terminal,
): (item: MatchedItem) => ByteString {
  if (json === true || jsonErrorMessages === true) return (item) => `${textToByteString(findJSON(item))}\n`;
  if (format !== undefined) {
    const parsed = parseFindFormat(textToByteString(format));
    return (item) => formatFound(parsed, findFields(item));
  }
  const end = print0 ? '\0' : '\n';
  const isForPeople = terminal.isOutputTerminal && !print0;
  return ({ key, file }) => {
    const path = file?.path ?? key;
    return `${isForPeople ? quoteForTerminal(path) : path}${end}`;
  };
}
