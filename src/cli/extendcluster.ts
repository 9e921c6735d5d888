/**
 * `annexus extendcluster GATEWAY NAME`, as git-annex's: makes this repository another gateway of a cluster that it sees
 * through the remote GATEWAY, then does what updatecluster does.
 */

import { configuredClusters } from '../node/annex/configured-remotes.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { discoverRemotes } from '../node/annex/remotes.ts';
import { AnnexError } from '../types/annex-error.ts';
import { isClusterUUID, type ClusterUUID } from '../types/cluster-uuid.ts';
import { textToByteString } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { reportClusterChanges } from './updatecluster.ts';
import { withAnnex } from './with-annex.ts';

export interface ClusterAtGateway {
  /** The name of the remote. */
  readonly gateway: string;
  /** The name of the cluster, there and here. */
  readonly name: string;
}

export async function extendCluster(
  cluster: ClusterAtGateway,
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const { gateway, name } = cluster;
  const report = new Report('extendcluster', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const uuid = await findCluster(annex, cluster);
    await report.item(name, [name], async () => {
      const known = configuredClusters(await annex.git.config()).get(textToByteString(name));
      if (known === undefined) await annex.git.setConfig(`annex.cluster.${name}`, uuid);
      await annex.git.setConfig(`remote.${gateway}.annex-cluster-gateway`, uuid);
      return { success: true };
    });
    await reportClusterChanges(annex, report);
    return report.finish();
  });
}

async function findCluster(annex: OpenAnnex, { gateway, name }: ClusterAtGateway): Promise<ClusterUUID> {
  const { configured, instantiated } = await discoverRemotes(annex);
  const remoteName = `${gateway}-${name}`;
  const wanted = textToByteString(remoteName);
  const remote = [...configured, ...instantiated].find((candidate) => candidate.name === wanted);
  if (remote?.uuid === undefined) {
    throw new AnnexError('config', `there is no available git remote named "${remoteName}"`);
  }
  if (!isClusterUUID(remote.uuid)) throw new AnnexError('config', `${remoteName} is not a cluster remote.`);
  return remote.uuid;
}
