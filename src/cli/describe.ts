/** `annexus describe REPOSITORY DESCRIPTION`, as git-annex's. */

import { changeUUIDLog } from '../logs/uuid-log.ts';
import { describeRepositories } from '../node/annex/repositories.ts';
import { changeSetting } from '../node/annex/repository-setting.ts';
import { AnnexError } from '../types/annex-error.ts';
import { textToByteString } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export async function describe(
  [name, ...words]: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  if (name === undefined || words.length === 0)
    throw new AnnexError('config', 'Specify a repository and a description.');
  const report = new Report('describe', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const uuid = (await describeRepositories(annex, { discover: true })).named(name);
    await report.item(name, [name, ...words], async () => {
      const description = textToByteString(words.join(' '));
      await changeSetting(annex, { log: 'uuid.log', uuid }, (old) =>
        changeUUIDLog(old ?? '', { uuid, description, nowSeconds: annex.nowSeconds() }),
      );
      return { success: true };
    });
    return report.finish();
  });
}
