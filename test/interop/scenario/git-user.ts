// Somebody with git and git-annex, a clone of what a server offers, and a password.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runIn, type Ran, type Release, type RunOptions } from '../../support/git-annex.ts';

export interface UserOptions {
  readonly url: string;
  readonly dir: string;
  readonly release: Release;
  readonly name: string;
  readonly user: string;
  readonly password: string;
}

/** The credential helper of the clone has one password, and writes down what it is told. */
export class User {
  readonly #given: UserOptions;

  constructor(given: UserOptions) {
    this.#given = given;
  }

  async clone(options: Pick<RunOptions, 'allow'> = {}): Promise<Ran> {
    const { dir, name, url, password } = this.#given;
    await this.changePassword(password);
    const argv = ['git', 'clone', '--quiet', '-c', `credential.helper=${this.#helper}`, url, this.#dir];
    const cloned = await runIn(dir, argv, { ...this.#options, ...options });
    if (cloned.exitCode === 0) await this.run(['git', 'annex', 'init', name]);
    return cloned;
  }

  /** @returns its key */
  async add(file: string, content: string): Promise<string> {
    await writeFile(join(this.#dir, file), content);
    await this.run(['git', 'annex', 'add', file]);
    await this.run(['git', 'commit', '--quiet', '-m', file]);
    return (await this.run(['git', 'annex', 'lookupkey', file])).stdout.trim();
  }

  async run(argv: readonly string[]): Promise<Ran> {
    return await runIn(this.#dir, argv, this.#options);
  }

  /** It may fail. */
  async tries(argv: readonly string[]): Promise<Ran> {
    return await runIn(this.#dir, argv, { ...this.#options, allow: 'any' });
  }

  async changePassword(password: string): Promise<void> {
    await writeFile(`${this.#dir}.password`, `username=${this.#given.user}\npassword=${password}\n`);
  }

  async toldHelper(): Promise<string> {
    return await readFile(`${this.#dir}.told`, 'utf8');
  }

  get #dir(): string {
    return join(this.#given.dir, this.#given.name);
  }

  get #helper(): string {
    return `!f() { echo "$1" >>'${this.#dir}.told'; [ "$1" != get ] || cat '${this.#dir}.password'; }; f`;
  }

  get #options(): { readonly release: Release } {
    return { release: this.#given.release };
  }
}
