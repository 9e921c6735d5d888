/** `annexus initcluster NAME [DESCRIPTION]`, as git-annex's. */

import { changeUUIDLog } from '../logs/uuid-log.ts';
import { systemRng } from '../node/clock.ts';
import { configuredClusters } from '../node/annex/configured-remotes.ts';
import { AnnexError } from '../types/annex-error.ts';
import { genClusterUUID } from '../types/cluster-uuid.ts';
import { isLegalRemoteName } from '../types/remote-name.ts';
import { textToByteString } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export interface ClusterName {
  readonly name: string;
  readonly description: string | undefined;
}

export async function initCluster(
  { name, description }: ClusterName,
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const report = new Report('initcluster', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    await report.item(name, [name], async () => {
      const bytes = textToByteString(name);
      if (!isLegalRemoteName(bytes))
        throw new AnnexError('config', 'that cluster name is not a valid git remote name');
      // A cluster that is there already keeps its description.
      if (configuredClusters(await annex.git.config()).has(bytes)) return { success: true };
      const uuid = genClusterUUID(systemRng);
      await annex.git.setConfig(`annex.cluster.${name}`, uuid);
      await annex.branch.change('uuid.log', (old) =>
        changeUUIDLog(old ?? '', {
          uuid,
          description: textToByteString(description ?? `cluster ${name}`),
          nowSeconds: annex.nowSeconds(),
        }),
      );
      return { success: true };
    });
    return report.finish();
  });
}
