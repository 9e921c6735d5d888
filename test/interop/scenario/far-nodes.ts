// Nodes of a gateway, each reached in its own way, made a cluster by Annexus's own commands.
import { annexusProgram, type Release, runIn } from '../../support/git-annex.ts';
import type { Repository } from './cluster.ts';

/** How the gateway reaches one of its nodes. */
export interface NodeLink {
  readonly repository: Repository;
  readonly url: string;
  /** Further settings of the git remote, `annexUrl` for instance. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Adds the nodes as git remotes under the names that they have here, and makes them one cluster. Gives its UUID. */
export async function makeFarCluster(
  gateway: Repository,
  links: Readonly<Record<string, NodeLink>>,
  { name: cluster, release }: { readonly name: string; readonly release: Release },
): Promise<string> {
  for (const [name, { repository, url, settings = {} }] of Object.entries(links)) {
    await gateway.git(['remote', 'add', name, url]);
    const all = { ...settings, 'annex-uuid': repository.uuid, 'annex-cluster-node': cluster };
    for (const [setting, value] of Object.entries(all))
      await gateway.git(['config', `remote.${name}.${setting}`, value]);
  }
  for (const command of [['initcluster', cluster], ['updatecluster']])
    await runIn(gateway.dir, [process.execPath, annexusProgram, ...command], { release });
  return (await gateway.git(['config', `annex.cluster.${cluster}`])).stdout.trim();
}
