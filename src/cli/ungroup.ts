/** `annexus ungroup REPOSITORY GROUP`, as git-annex's. */

import { describeRepositories } from '../node/annex/repositories.ts';
import { AnnexError } from '../types/annex-error.ts';
import { textToByteString } from '../util/byte-string.ts';
import { changeGroups } from './group-membership.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export async function ungroup(
  words: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const [name, groupName] = words;
  if (name === undefined || groupName === undefined || words.length > 2)
    throw new AnnexError('config', 'Specify a repository and a group.');
  const left = textToByteString(groupName);
  const report = new Report('ungroup', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const uuid = (await describeRepositories(annex, { discover: true })).named(name);
    await report.item(
      name,
      [name],
      async () => await changeGroups(annex, uuid, (old) => old.filter((group) => group !== left)),
    );
    return report.finish();
  });
}
