/** What `trust`, `semitrust`, `untrust` and `dead` have in common: they record a trust level of repositories. */

import { changeTrustLog } from '../logs/trust-log.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { describeRepositories } from '../node/annex/repositories.ts';
import { changeSetting } from '../node/annex/repository-setting.ts';
import { trustLevels } from '../node/placement/trust-levels.ts';
import { AnnexError } from '../types/annex-error.ts';
import { defaultTrustLevel, type TrustLevel } from '../types/trust-level.ts';
import type { UUID } from '../types/uuid.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export interface TrustCommand {
  readonly command: string;
  readonly trust: TrustLevel;
  /** What speaks against it, if anything does. */
  readonly objection?: (name: string) => string | undefined;
  /** What else follows from the level. */
  readonly also?: (annex: OpenAnnex, uuid: UUID) => Promise<void>;
}

/** Those before a repository that is not known are changed, as with git-annex. */
export async function trustCommand(
  { command, trust, objection, also }: TrustCommand,
  { names, ...options }: OutputOptions & { readonly names: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  if (names.length === 0) throw new AnnexError('config', 'no repository name specified');
  const report = new Report(command, options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const repositories = await describeRepositories(annex, { discover: true });
    for (const name of names) {
      const uuid = repositories.named(name);
      await report.item(name, [name], async () => {
        const error = objection?.(name);
        if (error !== undefined) return { success: false, error, fields: { uuid } };
        await changeSetting(annex, { log: 'trust.log', uuid }, (old) =>
          changeTrustLog(old ?? '', { uuid, trust, nowSeconds: annex.nowSeconds() }),
        );
        await also?.(annex, uuid);
        const level = await trustLevelOf(annex, uuid);
        if (level !== trust) report.warning(`This remote's trust level is overridden to ${level}.`);
        return { success: true, fields: { uuid } };
      });
    }
    return report.finish();
  });
}

async function trustLevelOf(annex: OpenAnnex, uuid: UUID): Promise<TrustLevel> {
  const [trustLog = '', remoteLog = ''] = await Promise.all(
    ['trust.log', 'remote.log'].map(async (log) => await annex.branch.read(log)),
  );
  const levels = trustLevels({ trustLog, remoteLog, config: await annex.git.config() });
  return levels.get(uuid) ?? defaultTrustLevel;
}
