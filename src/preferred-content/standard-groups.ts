/** git-annex's standard groups, and what `standard` stands for in each. */

import type { ByteString } from '../util/byte-string.ts';

const client = lastResort(
  `include=* and ((exclude=*/archive/* and exclude=archive/*) or (${notArchived()}))`,
);
const archive = lastResort(notArchived());

/** The expression of each standard group. */
export const standardGroups: ReadonlyMap<ByteString, ByteString> = new Map([
  ['client', client],
  ['transfer', lastResort(`not (inallgroup=client and copies=client:2) and (${client})`)],
  ['backup', 'anything'],
  ['incrementalbackup', lastResort('(not copies=backup:1) and (not copies=incrementalbackup:1)')],
  ['smallarchive', lastResort(`(include=*/archive/* or include=archive/*) and (${archive})`)],
  ['archive', archive],
  ['source', 'not (copies=1)'],
  ['manual', `present and (${client})`],
  ['public', 'inpreferreddir'],
  ['unwanted', 'not anything'],
]);

/** Also wants what has no copy that counts. */
function lastResort(expression: ByteString): ByteString {
  return `(${expression}) or approxlackingcopies=1`;
}

function notArchived(): ByteString {
  return 'not (copies=archive:1 or copies=smallarchive:1)';
}
