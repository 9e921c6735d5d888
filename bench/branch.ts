// A git-annex branch with very many keys, each at three of eight repositories, made by git fast-import without content.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { runIn } from '../test/support/git-annex.ts';

/** Makes an annex in DIR whose branch has this many keys. */
export async function makeBranch(dir: string, keys: number): Promise<void> {
  await runIn(dir, ['git', 'init', '-q', '--bare', '.']);
  await runIn(dir, ['git', 'annex', 'init', '-q', 'bench']);
  const lines = Array.from(
    { length: repositories },
    (_, index) => `${uuidOf(index)} r${index} timestamp=1s\n`,
  );
  // Git looks for a name in a tree from its beginning, so each part has few of them; the parts are put together after.
  const files = [...locationLogs(0, keys), ['uuid.log', lines.join('')] as const];
  const parts = new Map<string, (readonly [string, string])[]>();
  for (const file of files) {
    const part = parts.get(file[0].slice(0, 2)) ?? [];
    parts.set(file[0].slice(0, 2), part);
    part.push(file);
  }
  await fastImport(
    dir,
    [...parts].map(([name, part]) => ({ ref: `refs/bench/${name}`, from: undefined, files: part })),
  );
  const script = `for part in $(git for-each-ref --format='%(objectname)' refs/bench); do git ls-tree $part; done | git mktree |
    xargs -I TREE git commit-tree TREE -p git-annex -m bench | xargs git update-ref refs/heads/git-annex
    git for-each-ref --format='delete %(refname)' refs/bench | git update-ref --stdin; git annex merge -q`;
  await runIn(dir, ['bash', '-ec', script], { timeoutMs: 600_000 });
}

/** Adds keys to the branch in one commit. */
export async function addKeys(
  dir: string,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<void> {
  const ref = 'refs/heads/git-annex';
  await fastImport(dir, [{ ref, from: `${ref}^0`, files: locationLogs(first, count) }]);
}

interface Import {
  readonly ref: string;
  readonly from: string | undefined;
  readonly files: Iterable<readonly [path: string, content: string]>;
}

async function fastImport(dir: string, commits: readonly Import[]): Promise<void> {
  const git = spawn('git', ['fast-import', '--quiet', '--depth=0'], {
    cwd: dir,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(git, 'close') as Promise<[number]>;
  let text = '';
  for (const { ref, from, files } of commits) {
    text += `commit ${ref}\ncommitter bench <bench@annexus.invalid> 1795350000 +0000\ndata 1\nx\n`;
    if (from !== undefined) text += `from ${from}\n`;
    for (const [path, content] of files) {
      text += `M 100644 inline ${path}\ndata ${content.length}\n${content}\n`;
      if (text.length < pieceChars) continue;
      if (!git.stdin.write(text)) await once(git.stdin, 'drain');
      text = '';
    }
  }
  git.stdin.end(text);
  const [exitCode] = await ended;
  if (exitCode !== 0) throw new Error(`git fast-import ended with ${exitCode}`);
}

function* locationLogs(first: number, count: number): Generator<readonly [string, string]> {
  for (let number = first; number < first + count; number++) {
    const digest = createHash('sha256').update(String(number)).digest('hex');
    const key = `SHA256E-s${(number * 7919) % 1_000_003}--${digest}.dat`;
    const hash = createHash('md5').update(key).digest('hex');
    const lines = [0, 1, 2].map(
      (copy) => `${1_795_350_000 + (number % 1000)}s 1 ${uuidOf((number + copy) % repositories)}\n`,
    );
    yield [`${hash.slice(0, 3)}/${hash.slice(3, 6)}/${key}.log`, lines.join('')];
  }
}

function uuidOf(index: number): string {
  return `${String(index).repeat(8)}-1111-4111-8111-111111111111`;
}

const repositories = 8;
const pieceChars = 65_536;
