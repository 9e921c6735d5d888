/** `annexus updatecluster`, as git-annex's: records the nodes of this gateway's clusters, then what it proxies for. */

import { readDescriptions } from '../node/annex/descriptions.ts';
import { updateClusterNodes } from '../node/annex/update-cluster.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { reportProxyChanges } from './updateproxy.ts';
import { withAnnex } from './with-annex.ts';

export async function updateCluster(options: OutputOptions, terminal: Terminal): Promise<number> {
  const report = new Report('updatecluster', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const descriptions = await readDescriptions(annex.branch);
    for (const { cluster, added, removed } of await updateClusterNodes(annex)) {
      const name = byteStringToText(cluster);
      for (const remote of added) report.line(`Added node ${byteStringToText(remote)} to cluster: ${name}`);
      for (const uuid of removed) {
        report.line(`Removed node ${byteStringToText(descriptions.get(uuid) ?? uuid)} from cluster: ${name}`);
      }
      if (added.length + removed.length === 0) report.line(`No cluster node changes for cluster: ${name}`);
    }
    await reportProxyChanges(annex, report, terminal);
    return report.finish();
  });
}
