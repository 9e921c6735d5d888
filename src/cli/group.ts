/** `annexus group REPOSITORY [GROUP]` and `annexus group --list`, as git-annex's. */

import { parseGroupLog, uuidsByGroup } from '../logs/group-log.ts';
import { describeRepositories } from '../node/annex/repositories.ts';
import { AnnexError } from '../types/annex-error.ts';
import { byteStringToText, textToByteString, type ByteString } from '../util/byte-string.ts';
import { sortedWords } from '../logs/words.ts';
import { changeGroups } from './group-membership.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export interface GroupOptions extends OutputOptions {
  /** Prints all groups that a repository is in. */
  readonly list?: boolean | undefined;
}

export async function group(
  words: readonly string[],
  options: GroupOptions,
  terminal: Terminal,
): Promise<number> {
  const [name, groupName] = words;
  const report = new Report('group', options, terminal);
  const isList = options.list === true;
  if (isList && name !== undefined)
    throw new AnnexError('config', 'Cannot combine --list with other options');
  if (!isList && (name === undefined || words.length > 2))
    throw new AnnexError('config', 'Specify a repository and a group.');
  return await withAnnex(terminal, async (annex) => {
    const print = (groups: Iterable<ByteString>): void =>
      report.alwaysLine(sortedWords(groups).map(byteStringToText).join(' '));
    const groups = parseGroupLog((await annex.branch.read('group.log')) ?? '');
    if (name === undefined) {
      print(uuidsByGroup(groups).keys());
      return report.finish();
    }
    const uuid = (await describeRepositories(annex, { discover: true })).named(name);
    if (groupName === undefined) print(groups.get(uuid) ?? []);
    else {
      const added = textToByteString(groupName);
      await report.item(name, [name], async () => await changeGroups(annex, uuid, (old) => [...old, added]));
    }
    return report.finish();
  });
}
