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
  await addFiles(dir, [['uuid.log', lines.join('')]]);
  await addKeys(dir, { first: 0, count: keys });
  await runIn(dir, ['git', 'annex', 'merge', '-q'], { timeoutMs: 600_000 });
}

/** Adds keys to the branch in one commit. */
export async function addKeys(
  dir: string,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<void> {
  await addFiles(dir, locationLogs(first, count));
}

async function addFiles(
  dir: string,
  files: Iterable<readonly [path: string, content: string]>,
): Promise<void> {
  const git = spawn('git', ['fast-import', '--quiet', '--depth=0'], {
    cwd: dir,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(git, 'close') as Promise<[number]>;
  const head =
    'commit refs/heads/git-annex\ncommitter bench <bench@annexus.invalid> 1795350000 +0000\ndata 1\nx\n';
  let text = `${head}from refs/heads/git-annex^0\n`;
  for (const [path, content] of files) {
    text += `M 100644 inline ${path}\ndata ${content.length}\n${content}\n`;
    if (text.length < pieceChars) continue;
    if (!git.stdin.write(text)) await once(git.stdin, 'drain');
    text = '';
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
