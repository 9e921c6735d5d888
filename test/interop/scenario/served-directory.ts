// A directory with repositories of every kind that `p2phttp --directory` comes upon, and some that it must not find.
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, runIn, type Release } from '../../support/git-annex.ts';

export class ServedDirectory {
  readonly #dir: string;
  readonly #release: Release;
  /** By what it is. */
  readonly uuids: Record<string, string> = {};

  constructor(dir: string, release: Release) {
    this.#dir = dir;
    this.#release = release;
  }

  /** What is served. */
  get path(): string {
    return join(this.#dir, 'served');
  }

  async make(): Promise<void> {
    await mkdir(join(this.path, 'user'), { recursive: true });
    await runIn(this.path, ['git', 'init', '--quiet', 'no-annex']);
    const apart = `--separate-git-dir=${join(this.#dir, 'apart.git')}`;
    await this.add('plain', 'served/plain');
    await this.add('bare', 'served/user/bare.git', ['--bare']);
    await this.add('hidden', 'served/.hidden');
    await this.add('with its git directory elsewhere', 'served/apart', [apart]);
    await this.add('linked', 'linked');
    await this.add('beneath a linked directory', 'many/one');
    await this.add('within another', 'served/plain/sub');
    await this.add('within one that is no annex', 'served/no-annex/sub');
    await this.add('where the server is started', 'here');
    await symlink(join(this.#dir, 'linked'), join(this.path, 'link'));
    await symlink(join(this.#dir, 'many'), join(this.path, 'many'));
  }

  async add(name: string, path: string, options: readonly string[] = []): Promise<void> {
    const [dir, release] = [this.#dir, this.#release];
    await runIn(dir, ['git', 'init', '--quiet', ...options, path], { release });
    await runIn(join(dir, path), ['git', 'annex', 'init', name], { release });
    const config = await runIn(join(dir, path), ['git', 'config', 'annex.uuid'], { release });
    this.uuids[name] = config.stdout.trim();
  }

  async remove(path: string): Promise<void> {
    await removeTree(join(this.#dir, path));
  }
}
