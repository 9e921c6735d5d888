// A repository of real git-annex whose branch can be read, and rewritten behind git-annex's back, file by file.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseUUID, type UUID } from '../../../src/types/uuid.ts';
import { byteStringToBytes, textToByteString, type ByteString } from '../../../src/util/byte-string.ts';
import { runIn, type Release } from '../../support/git-annex.ts';

/** The time at which all that git-annex does in these repositories happens. */
export const nowSeconds = 1000;

export interface Aside {
  readonly branch: string;
  readonly parent: string;
}

export class BranchRepository {
  readonly dir: string;
  readonly release: Release;

  constructor(dir: string, release: Release) {
    this.dir = dir;
    this.release = release;
  }

  async init(): Promise<UUID> {
    await mkdir(this.dir, { recursive: true });
    await this.git('init', '-q');
    await this.annex('init', '-q', 'me');
    return uuid((await this.git('config', 'annex.uuid')).trim());
  }

  async git(...args: string[]): Promise<string> {
    return (await runIn(this.dir, ['git', ...args], { release: this.release })).stdout;
  }

  /** Runs under the clock of `nowSeconds`. */
  async annex(...args: string[]): Promise<string> {
    const env = { GIT_ANNEX_VECTOR_CLOCK: String(nowSeconds) };
    const ran = await runIn(this.dir, ['git', 'annex', ...args], {
      release: this.release,
      env,
      allow: [0, 1],
    });
    return ran.stdout;
  }

  /** A file of the branch, after what is in the journal was committed. Empty where there is none. */
  async read(path: ByteString): Promise<ByteString> {
    await this.annex('merge', '-q');
    const object = `git-annex:${path}`;
    const ran = await runIn(this.dir, ['git', 'cat-file', 'blob', object], {
      release: this.release,
      allow: [0, 128],
    });
    return ran.exitCode === 0 ? textToByteString(ran.stdout) : '';
  }

  async paths(): Promise<ByteString[]> {
    await this.annex('merge', '-q');
    const listed = await this.git('ls-tree', '-r', '-z', '--name-only', 'git-annex');
    return listed
      .split('\0')
      .filter((path) => path !== '')
      .map(textToByteString);
  }

  /**
   * Commits files to the branch as some other program would, and lets git-annex notice. With `aside`, to another ref that
   * git-annex merges when it next looks, as if they had been made on top of an older commit.
   */
  async write(files: ReadonlyMap<ByteString, ByteString>, aside?: Aside): Promise<void> {
    if (aside === undefined) await this.annex('merge', '-q');
    const branch = aside?.branch ?? 'refs/heads/git-annex';
    const parent = aside?.parent ?? (await this.git('rev-parse', branch)).trim();
    const options = { release: this.release, env: { GIT_INDEX_FILE: join(this.dir, '.git', 'test-index') } };
    await runIn(this.dir, ['git', 'read-tree', parent], options);
    for (const [path, content] of files) {
      const input = byteStringToBytes(content);
      const blob = await runIn(this.dir, ['git', 'hash-object', '-w', '--stdin'], { ...options, input });
      const entry = `100644,${blob.stdout.trim()},${path}`;
      await runIn(this.dir, ['git', 'update-index', '--add', '--cacheinfo', entry], options);
    }
    const tree = (await runIn(this.dir, ['git', 'write-tree'], options)).stdout.trim();
    const commit = (await this.git('commit-tree', tree, '-p', parent, '-m', 'test')).trim();
    await this.git('update-ref', branch, commit);
    if (aside !== undefined) return;
    // Its index would bring the lines back that were taken away.
    await rm(join(this.dir, '.git', 'annex', 'index'), { force: true });
    await rm(join(this.dir, '.git', 'annex', 'index.lck'), { force: true });
    await this.annex('merge', '-q');
  }
}

export function uuid(text: string): UUID {
  const parsed = parseUUID(text);
  if (parsed === undefined) throw new Error(`${text} is no UUID`);
  return parsed;
}
