/**
 * export.log: which git tree each repository last exported to each special remote.
 *
 *     1795351097s 4708d2ee-42cf-4630-a1f6-226519b0ca3a:0af5ae83-3a61-4cc2-9483-32dad72d789a 926cffe28af86e9286c3dbcb032a341a48293a53
 *
 * The field is FROM:TO, the exporting repository first. The value is the exported tree, then the trees whose export
 * began and may not be complete. Different trees for one remote are an export conflict.
 */

import type { ByteString } from '../util/byte-string.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { setEntry, type KeyedLog, type ValueFormat } from './family/keyed-log.ts';
import { formatMapLog, parseMapLog } from './family/map-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';
import { parseWords, sortedWords } from './words.ts';

export interface Export {
  readonly from: UUID;
  readonly to: UUID;
  /** Object name of the git tree, in hexadecimal. */
  readonly tree: ByteString;
  /** Trees whose export began; content of theirs may be on the remote. */
  readonly incompleteTrees: readonly ByteString[];
}

/** All exports, sorted by field. */
export function parseExportLog(content: ByteString): Export[] {
  return [...parseMapLog(content, exportedTrees)].flatMap(([field, { value }]) => {
    const parties = parseParties(field);
    return parties === undefined ? [] : [{ ...parties, ...value }];
  });
}

export interface ExportChange {
  readonly from: UUID;
  readonly to: UUID;
  /** Object name of the tree that is now exported. */
  readonly tree: ByteString;
  readonly nowSeconds: number;
}

/**
 * The whole file when an export begins: what was exported stays, the tree is listed as incomplete. With no export yet,
 * `emptyTree` (the object name of the empty git tree) stands for what is there.
 */
export function beginExport(
  content: ByteString,
  { emptyTree, ...change }: ExportChange & { readonly emptyTree: ByteString },
): ByteString {
  const log = parseExports(content);
  const field = formatParties(change);
  const before = log.get(field)?.value;
  const tree = checkLogWord(change.tree, 'the name of a tree');
  const value = {
    tree: before?.tree ?? checkLogWord(emptyTree, 'the name of a tree'),
    incompleteTrees: sortedWords([...(before?.incompleteTrees ?? []), tree]),
  };
  const now = vectorClockFromSeconds(change.nowSeconds);
  return formatMapLog(setEntry(log, { field, value, now }), exportedTrees);
}

/**
 * The whole file once files that the tree lacks are gone from the remote and uploads begin. Other repositories' exports
 * of the `replaced` trees to the same remote are brought to the new tree as well, so that they do not conflict.
 */
export function changeExportLog(
  content: ByteString,
  { replaced, ...change }: ExportChange & { readonly replaced: Iterable<ByteString> },
): ByteString {
  const trees = new Set(replaced);
  const value = { tree: checkLogWord(change.tree, 'the name of a tree'), incompleteTrees: [] };
  const now = vectorClockFromSeconds(change.nowSeconds);
  let log = setEntry(parseExports(content), { field: formatParties(change), value, now });
  for (const [field, { value: other }] of log) {
    if (parseParties(field)?.to !== change.to || !trees.has(other.tree) || other.tree === value.tree)
      continue;
    log = setEntry(log, { field, value, now });
  }
  return formatMapLog(log, exportedTrees);
}

type ExportedTrees = Pick<Export, 'tree' | 'incompleteTrees'>;

/** Without the lines whose field is no pair, which git-annex drops as well. */
function parseExports(content: ByteString): KeyedLog<ExportedTrees> {
  return new Map([...parseMapLog(content, exportedTrees)].filter(([field]) => /^[^:]+:./.test(field)));
}

function parseParties(field: ByteString): Pick<Export, 'from' | 'to'> | undefined {
  const colon = field.indexOf(':');
  const from = colon === -1 ? undefined : parseUUID(field.slice(0, colon));
  const to = parseUUID(field.slice(colon + 1));
  return from === undefined || to === undefined ? undefined : { from, to };
}

function formatParties({ from, to }: Pick<Export, 'from' | 'to'>): ByteString {
  return `${checkLogWord(from, 'a UUID')}:${checkLogWord(to, 'a UUID')}`;
}

const exportedTrees: ValueFormat<ExportedTrees> = {
  parse: (text) => {
    const [tree, ...incompleteTrees] = parseWords(text) ?? [];
    return tree === undefined ? undefined : { tree, incompleteTrees };
  },
  format: ({ tree, incompleteTrees }) => [tree, ...incompleteTrees].join(' '),
};
