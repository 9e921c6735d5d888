/**
 * `annexus.lockdown`: a change of the git-annex branch that would change the cluster's own configuration counts only where
 * an allowed key signed it. It is off unless the gateway's git configuration turns it on.
 *
 *     annexus.lockdown          true
 *     annexus.lockdown-signers  a file of allowed signers, as ssh-keygen has it; nobody may sign where it is not set
 *
 * The same check stands at the two ways in: what is pushed (pre-receive) and what is merged from siblings of the branch.
 * The signature is that of the newest commit: it vouches for all that stands in its tree.
 */

import { runGit } from '../git/run-git.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { guardedChanges, guardedPaths, type BranchFiles } from '../../logs/guarded-settings.ts';
import { parseClusterLog } from '../../logs/cluster-log.ts';
import { sameLineSet, unionMergeLines } from '../../logs/union-merge.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { byteStringToText, bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import type { GitConfig } from '../git/git-config.ts';

/** Reads a file of one version of the branch. */
export type ReadBranchFile = (path: ByteString) => Promise<ByteString | undefined>;

export interface ProposedChange {
  readonly commit: string;
  /** The branch as it is. */
  readonly ours: ReadBranchFile;
  /** The branch at `commit`. */
  readonly theirs: ReadBranchFile;
  /** Whether `commit` will be merged with what is there; otherwise it takes its place. */
  readonly isMerged: boolean;
  /** For git, where objects are not in the repository yet. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Whether the configuration asks for the check. */
export async function isLockedDown(repository: GitRepository): Promise<boolean> {
  return (await repository.config()).getBool('annexus.lockdown') === true;
}

/** Why a change of the git-annex branch must not be; undefined where it may. */
export async function lockdownRefusal(
  repository: GitRepository,
  change: ProposedChange,
): Promise<string | undefined> {
  const config = await repository.config();
  if (config.getBool('annexus.lockdown') !== true) return undefined;
  const before = await readGuarded(change.ours);
  const theirs = await readGuarded(change.theirs);
  const after: BranchFiles = (path) =>
    change.isMerged ? mergedFile(before(path), theirs(path)) : theirs(path);
  const changes = guardedChanges({ before, after, guarded: guardedUUIDs(config, before) });
  if (changes.length === 0 || (await isSigned(repository, config, change))) return undefined;
  const named = changes.slice(0, maxNamed).join(', ');
  const more = changes.length > maxNamed ? ` and ${changes.length - maxNamed} more` : '';
  return `annexus.lockdown guards the cluster's configuration, and this would change ${named}${more}`;
}

async function readGuarded(read: ReadBranchFile): Promise<BranchFiles> {
  const files = new Map<ByteString, ByteString | undefined>();
  await Promise.all(guardedPaths.map(async (path) => files.set(path, await read(path))));
  return (path) => files.get(path);
}

/** As a merge makes it: where theirs has all the lines it is taken as it stands, and the order of its lines counts. */
function mergedFile(ours: ByteString | undefined, theirs: ByteString | undefined): ByteString | undefined {
  if (ours === undefined || theirs === undefined) return ours ?? theirs;
  const union = unionMergeLines([ours, theirs]);
  if (sameLineSet(union, ours)) return ours;
  return sameLineSet(union, theirs) ? theirs : union;
}

/** The gateway, the clusters that it is a gateway of, their nodes, and their other gateways. */
function guardedUUIDs(config: GitConfig, before: BranchFiles): ReadonlySet<UUID> {
  const own = [config.get('annex.uuid') ?? ''];
  const clusters = Array.from(config.variables('annex', 'cluster'), ([, value]) => value);
  const gateways = config
    .subsections('remote')
    .filter((name) => config.get(`remote.${name}.annex-cluster-gateway`) !== undefined)
    .map((name) => config.get(`remote.${name}.annex-uuid`) ?? '');
  const guarded = new Set([...own, ...clusters, ...gateways].flatMap((text) => parseUUID(text) ?? []));
  for (const [cluster, nodes] of parseClusterLog(before('cluster.log') ?? '').nodesByCluster) {
    if (guarded.has(cluster) && isClusterUUID(cluster)) for (const node of nodes) guarded.add(node);
  }
  return guarded;
}

/** Signed by one of the keys in the file of signers. Other kinds of signatures would be judged by other lists. */
async function isSigned(
  repository: GitRepository,
  config: GitConfig,
  { commit, env }: ProposedChange,
): Promise<boolean> {
  const signers = config.get('annexus.lockdown-signers');
  if (signers === undefined || signers === '') return false;
  const options = { cwd: repository.gitDir, gitDir: repository.gitDir, env: { ...env, ...noReplacing } };
  const text = bytesToByteString((await runGit(['cat-file', 'commit', commit], options)).stdout);
  if (!text.slice(0, text.indexOf('\n\n')).includes('\ngpgsig -----BEGIN SSH SIGNATURE-----\n')) return false;
  const file = `gpg.ssh.allowedSignersFile=${byteStringToText(signers)}`;
  const verified = await runGit(['-c', file, ...onlySSH, 'verify-commit', commit], {
    ...options,
    allow: [0, 1, 128],
  });
  return verified.exitCode === 0;
}

/** What refs/replace says of an object would be judged in its place. */
export const noReplacing: Readonly<Record<string, string>> = { GIT_NO_REPLACE_OBJECTS: '1' };

/** A commit may carry several signatures, and git asks whatever program the first one is for. */
const onlySSH = ['openpgp', 'x509'].flatMap((format) => ['-c', `gpg.${format}.program=false`]);
const maxNamed = 5;
