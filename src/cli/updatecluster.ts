/** `annexus updatecluster`, as git-annex's: records the nodes of this gateway's clusters, then what it proxies for. */

import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { describeRepositories } from '../node/annex/repositories.ts';
import { updateClusterNodes } from '../node/annex/update-cluster.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { reportProxyChanges, reportRefused } from './updateproxy.ts';
import { withAnnex } from './with-annex.ts';

export async function updateCluster(options: OutputOptions, terminal: Terminal): Promise<number> {
  const report = new Report('updatecluster', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    await reportClusterChanges(annex, report);
    return report.finish();
  });
}

export async function reportClusterChanges(annex: OpenAnnex, report: Report): Promise<void> {
  const repositories = await describeRepositories(annex);
  const { clusters, refused } = await updateClusterNodes(annex);
  reportRefused(refused, { report, consequence: 'Cannot use this remote as a cluster node.' });
  for (const { cluster, added, removed } of clusters) {
    const name = byteStringToText(cluster);
    for (const remote of added)
      report.alwaysLine(`Added node ${byteStringToText(remote)} to cluster: ${name}`);
    for (const uuid of removed) {
      const title = repositories.title(uuid);
      report.alwaysLine(`Removed node ${title === '' ? uuid : title} from cluster: ${name}`);
    }
    if (added.length + removed.length === 0)
      report.alwaysLine(`No cluster node changes for cluster: ${name}`);
  }
  await reportProxyChanges(annex, report);
}
