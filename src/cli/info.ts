/**
 * `annexus info`, as git-annex's: about this repository, or about the remotes, repositories (by UUID or description) and
 * directories, annexed files and trees of git that are named. Matching options say what of it counts. A line is `name: value`; lists follow their name, each entry after a tab.
 */

import { describeRepositories } from '../node/annex/repositories.ts';
import { findItem } from './info-item.ts';
import { overallFields } from './info-overall.ts';
import type { InfoContext, InfoOptions } from './info-context.ts';
import type { InfoField } from './info-field.ts';
import { useMatcher } from './matching/item-matcher.ts';
import { Report } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export async function info(
  items: readonly string[],
  options: InfoOptions,
  terminal: Terminal,
): Promise<number> {
  return await withAnnex(terminal, async (annex) => {
    const report = new Report('info', options, terminal);
    const repositories = await describeRepositories(annex);
    const context: InfoContext = { annex, repositories, options, cwd: terminal.cwd };
    const matching = { ...options, otherwise: 'anything', terminal } as const;
    // Lines are printed as they are found, since sizes take their time.
    if (items.length === 0) {
      await report.fields('', [], async (say) => {
        await useMatcher(annex, { ...matching, actsOnKeys: true }, async (matcher) => {
          await tell(overallFields(matcher, context), say);
        });
        return { title: '' };
      });
    }
    for (const item of items) {
      await report.fields(item, [item], async (say) => {
        const found = await findItem(item, context);
        if ('note' in found) return { title: item, note: found.note };
        const { actsOnKeys, fields, file, title } = found;
        return await useMatcher(annex, { ...matching, actsOnKeys }, async (matcher) => {
          if (file !== undefined && !(await matcher.matches(file))) return undefined;
          await tell(fields(matcher), say);
          return { title };
        });
      });
    }
    return report.finish();
  });
}

async function tell(
  fields: AsyncIterable<InfoField>,
  say: (name: string, line: string, json: unknown) => void,
): Promise<void> {
  for await (const { name, text, json } of fields) say(name, `${name}: ${text}`, json);
}
