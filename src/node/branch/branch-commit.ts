/**
 * Commits to refs/heads/git-annex from the journal and the index. The ref moves only from the commit that we built on,
 * so a commit that somebody else makes at the same moment is merged, never lost.
 *
 * Source: interop reference §3.8; the messages are git-annex's.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToBytes, bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import { durable } from '../git/durable.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { runShell } from '../git/run-shell.ts';
import type { BranchIndex } from './branch-index.ts';

export const branchRef = 'refs/heads/git-annex';

export interface BranchTip {
  readonly commit: string;
  readonly tree: string;
}

/** Where the branch is; undefined where there is none. */
export async function readBranchTip(
  repository: GitRepository,
  ref: ByteString = branchRef,
): Promise<BranchTip | undefined> {
  const object = await repository.objects.read(ref);
  if (object === undefined) return undefined;
  const tree = /^tree ([0-9a-f]+)\n/.exec(bytesToByteString(object.bytes.subarray(0, 80)))?.[1];
  if (object.type !== 'commit' || tree === undefined)
    throw new AnnexError('remote', `${ref} is not a commit`);
  return { commit: object.id, tree };
}

/**
 * Makes the branch where it is missing: from origin's where there is one, else with an empty first commit. Needs no lock;
 * who loses a race uses what the other made.
 */
export async function ensureBranch(repository: GitRepository): Promise<BranchTip> {
  const there = await readBranchTip(repository);
  if (there !== undefined) return there;
  const origin = await readBranchTip(repository, 'refs/remotes/origin/git-annex');
  const first =
    origin?.commit ??
    (await commitTree(repository, { tree: await emptyTree(repository), message: 'branch created' }));
  await moveBranch(repository, { from: '', to: first });
  const made = await readBranchTip(repository);
  if (made === undefined)
    throw new AnnexError('remote', `${branchRef} cannot be made in ${repository.gitDir}`);
  return made;
}

export interface IndexCommit {
  readonly message: ByteString;
  /** Commits besides the branch's tip that the index has taken in. */
  readonly merged: readonly string[];
  /** Puts into the index what is to be committed. Called again where the index has to be made anew. */
  readonly stage: () => Promise<void>;
}

/**
 * Commits what is staged on top of the branch, and says so in index.lck. The caller holds journal.lck.
 * @returns the new commit, or undefined where the branch has it all already.
 */
export async function commitIndex(
  repository: GitRepository,
  index: BranchIndex,
  { message, merged, stage }: IndexCommit,
): Promise<string | undefined> {
  let lost: { readonly built: string; readonly found: string } | undefined;
  let tip = await ensureBranch(repository);
  await index.prepare(tip.commit);
  try {
    await stage();
  } catch (caught) {
    if (!(await index.discardIfDamaged())) throw caught;
    await index.prepare(tip.commit);
    await stage();
  }
  // After staging: journal files replace the index's, and were made before the branch moved here by a push.
  await index.takeIn(tip.commit);
  for (let race = 0; race < maxRaces; race++) {
    const tree = await index.writeTree();
    if (tree === tip.tree && merged.length === 0) return undefined;
    const note = lost === undefined ? '' : ` ${recovery(race, lost)}`;
    const ahead = await fastForward(repository, { tip, tree, merged });
    const commit =
      ahead ??
      (await commitTree(repository, { tree, message: message + note, parents: [tip.commit, ...merged] }));
    if (await moveBranch(repository, { from: tip.commit, to: commit })) {
      await index.record(commit);
      return commit;
    }
    const found = await ensureBranch(repository);
    lost = { built: tip.commit, found: found.commit };
    tip = found;
    await index.takeIn(tip.commit);
  }
  throw new AnnexError('busy', `${branchRef} moved ${maxRaces} times while it was being committed to`);
}

/** Where one of the merged commits contains all the others and its tree is the merge already, no commit is needed. */
async function fastForward(
  repository: GitRepository,
  {
    tip,
    tree,
    merged,
  }: { readonly tip: BranchTip; readonly tree: string; readonly merged: readonly string[] },
): Promise<string | undefined> {
  if (merged.length === 0) return undefined;
  const answer = await repository.run(['merge-base', '--independent', tip.commit, ...merged]);
  const tops = answer.stdout.toString('latin1').trim().split('\n');
  const [top] = tops;
  if (tops.length !== 1 || top === undefined || top === tip.commit) return undefined;
  return (await readBranchTip(repository, top))?.tree === tree ? top : undefined;
}

/** False where the branch is not (any more) at `from`; '' means that it does not exist. */
async function moveBranch(
  repository: GitRepository,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const old = from === '' ? '0'.repeat(to.length) : from;
  try {
    await repository.run([...durable, 'update-ref', '-m', 'annexus', branchRef, to, old]);
    return true;
  } catch (caught) {
    const now = await readBranchTip(repository);
    if (now?.commit === to) return true;
    if (now?.commit === (from === '' ? undefined : from)) {
      // Nobody moved it: git could not write.
      throw caught;
    }
    return false;
  }
}

async function commitTree(
  repository: GitRepository,
  {
    tree,
    message,
    parents = [],
  }: { readonly tree: string; readonly message: ByteString; readonly parents?: readonly string[] },
): Promise<string> {
  const args = [
    ...durable,
    'commit-tree',
    '--no-gpg-sign',
    ...parents.flatMap((parent) => ['-p', parent]),
    '-F',
    '-',
    tree,
  ];
  const input = byteStringToBytes(message.endsWith('\n') ? message : `${message}\n`);
  const committed = await repository.run(args, { input }).catch(async (caught: unknown) => {
    // No name was told to git: a server's commits need none.
    if (!(caught instanceof Error) || !/ident|tell me who you are/i.test(caught.message)) throw caught;
    return await repository.run(args, { input, env: serverIdentity });
  });
  return committed.stdout.toString('latin1').trim();
}

async function emptyTree(repository: GitRepository): Promise<string> {
  return (await repository.run([...durable, 'mktree'])).stdout.toString('latin1').trim();
}

/** The message for a commit: `annex.commitmessage`, or what `annex.commitmessage-command` prints, or git-annex's own. */
export async function commitMessage(repository: GitRepository, usual: ByteString): Promise<ByteString> {
  const config = await repository.config();
  const command = config.get('annex.commitmessage-command');
  if (command !== undefined && command !== '') {
    const printed = (await runShell(command, repository)).trimEnd();
    if (printed !== '') return printed;
  }
  const configured = config.get('annex.commitmessage');
  return configured === undefined || configured === '' ? usual : configured;
}

function recovery(
  race: number,
  { built, found }: { readonly built: string; readonly found: string },
): string {
  return `(recovery from race #${race}; expected commit parent ${built} but found [${found}] )`;
}

const serverIdentity: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'annexus',
  GIT_AUTHOR_EMAIL: 'annexus@localhost',
  GIT_COMMITTER_NAME: 'annexus',
  GIT_COMMITTER_EMAIL: 'annexus@localhost',
};
const maxRaces = 100;
