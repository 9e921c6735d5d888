/**
 * Two gateways agree on what is where: our git-annex branch goes to a peer's `synced/git-annex`, and theirs is merged into
 * ours. git-annex of any age follows that: it merges `synced/git-annex` by itself, in its post-receive hook or with its next
 * command. Whoever loses a race merges what the other pushed and pushes again.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString } from '../../util/byte-string.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { GitRepository } from '../git/git-repository.ts';

export interface PeerBranchOptions {
  readonly git: GitRepository;
  readonly branch: AnnexBranch;
  /** The name of the git remote that is the other gateway. */
  readonly peer: string;
  readonly signal: AbortSignal;
}

/**
 * Afterwards each side has what the other had when this began. Throws AnnexError('remote') where the peer cannot be
 * reached, or goes on changing faster than it can be followed.
 */
export async function agreeWithPeer(options: PeerBranchOptions): Promise<void> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const theirs = await refsOf(options);
    await fetchChanged(theirs, options);
    await options.branch.commit();
    await options.branch.update();
    const ours = await commitOf(branchRef, options);
    if (ours === undefined || theirs.includes(ours) || (await isContained(ours, theirs, options))) return;
    if (await push(ours, options)) return;
  }
  throw new AnnexError('remote', `${options.peer} changed its git-annex branch again and again meanwhile`);
}

/** Commits of the peer's branch and of what was pushed to it and is not merged there; absent ones are undefined. */
type Refs = readonly (string | undefined)[];

async function refsOf({ git, peer, signal }: PeerBranchOptions): Promise<Refs> {
  const listed = await git.run(['ls-remote', '--refs', '--', peer, ...sharedRefs], { signal });
  const commits = new Map<string, string>();
  for (const line of bytesToByteString(listed.stdout).split('\n')) {
    const [commit, ref] = line.split('\t');
    if (commit !== undefined && ref !== undefined) commits.set(ref, commit);
  }
  return sharedRefs.map((ref) => commits.get(ref));
}

async function fetchChanged(theirs: Refs, options: PeerBranchOptions): Promise<void> {
  const { git, peer, signal } = options;
  const wanted: string[] = [];
  for (const [index, ref] of sharedRefs.entries()) {
    const tracking = `refs/remotes/${peer}/${ref.slice('refs/heads/'.length)}`;
    const theirCommit = theirs[index];
    if (theirCommit === undefined || theirCommit === (await commitOf(tracking, options))) continue;
    wanted.push(`+${ref}:${tracking}`);
  }
  if (wanted.length > 0) {
    await git.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', peer, ...wanted], {
      signal,
    });
  }
}

/** Whether the peer has all that we have. */
async function isContained(ours: string, theirs: Refs, { git, signal }: PeerBranchOptions): Promise<boolean> {
  for (const commit of theirs) {
    if (commit === undefined) continue;
    const answer = await git.run(['merge-base', '--is-ancestor', ours, commit], {
      signal,
      allow: [0, 1, 128],
    });
    if (answer.exitCode === 0) return true;
  }
  return false;
}

/** False where somebody else pushed first. */
async function push(ours: string, { git, peer, signal }: PeerBranchOptions): Promise<boolean> {
  const pushed = await git.run(['push', '--quiet', '--', peer, `${ours}:${syncedRef}`], {
    signal,
    allow: [0, 1],
  });
  if (pushed.exitCode === 0) return true;
  // Git says the same whether it lost a race or was refused by a hook; another look tells, and ends.
  if (
    !pushed.stderr.includes('hook declined') &&
    /\[(remote )?rejected\]|fetch first|non-fast-forward|failed to update ref|cannot lock ref/.test(
      pushed.stderr,
    )
  )
    return false;
  throw new AnnexError('remote', `pushing to ${peer} failed: ${pushed.stderr.trim().replaceAll('\n', '; ')}`);
}

async function commitOf(ref: string, { git }: PeerBranchOptions): Promise<string | undefined> {
  const found = await git.run(['rev-parse', '--quiet', '--verify', ref], { allow: [0, 1] });
  return found.exitCode === 0 ? bytesToByteString(found.stdout).trim() : undefined;
}

const branchRef = 'refs/heads/git-annex';
const syncedRef = 'refs/heads/synced/git-annex';
const sharedRefs = [branchRef, syncedRef] as const;
const maxAttempts = 5;
