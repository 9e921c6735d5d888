// Stock git and git-annex of both releases as users of `annexus serve` would come: with passwords of an htpasswd file that
// the real htpasswd made where it is installed, with a token in a password's place, with wrong ones, and with none.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openAccess, type Access } from '../../src/node/access/open-access.ts';
import { createToken } from '../../src/node/access/token-file.ts';
import { PasswordThread } from '../../src/node/access/password-thread.ts';
import { systemClock, systemRng } from '../../src/node/clock.ts';
import { GatewayHost } from '../../src/node/gateway/gateway-host.ts';
import { gitSide } from '../../src/node/git-http/git-side.ts';
import { listen } from '../../src/node/http/listen.ts';
import { annexHttp } from '../../src/p2p/http/annex-http.ts';
import { LockTable } from '../../src/p2p/http/lock-table.ts';
import type { Event } from '../../src/types/event.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import {
  releases,
  runIn,
  withTempDir,
  type Ran,
  type Release,
  type RunOptions,
} from '../support/git-annex.ts';

const settings = { clock: systemClock, rng: systemRng, events: (): void => undefined };

describe.each(releases())('git and git-annex $name', (release) => {
  test('may do what their users may, and ask for other credentials where theirs are wrong', async () => {
    await withServer(release, async ({ url, dir, token, audit }) => {
      const as = (name: string, user: string, password: string): User =>
        new User({ url, dir, release, name, user, password });

      const ann = as('ann', 'ann', 'secret of ann');
      await ann.clone();
      const object = await ann.add('one', 'one by ann');
      await ann.run(['git', 'annex', 'copy', '--to', 'origin', 'one']);
      await ann.run(['git', 'push', '--quiet', 'origin', 'main']);
      await ann.run(['git', 'annex', 'drop', 'one']);
      await ann.run(['git', 'annex', 'get', 'one']);

      const bob = as('bob', 'bob', 'ñ:secret of bob');
      await bob.clone();
      await bob.run(['git', 'annex', 'get', 'one']);
      await bob.add('two', 'two by bob');
      await bob.run(['git', 'annex', 'copy', '--to', 'origin', 'two']);
      await bob.run(['git', 'push', '--quiet', 'origin', 'main']);
      expect((await bob.tries(['git', 'annex', 'drop', '--from', 'origin', 'two'])).exitCode).toBe(1);
      await bob.run(['git', 'reset', '--quiet', '--hard', 'HEAD~1']);
      expect((await bob.tries(['git', 'push', '--force', 'origin', 'main'])).stderr).toContain(
        'denying non-fast-forward',
      );

      const reader = as('reader', 'whatever', token);
      await reader.clone();
      await reader.run(['git', 'annex', 'get', 'one']);
      await reader.add('three', 'three');
      expect((await reader.tries(['git', 'annex', 'copy', '--to', 'origin', 'three'])).exitCode).toBe(1);
      expect((await reader.tries(['git', 'push', 'origin', 'main'])).stderr).toContain('403');

      // The helper is told that its password was no good, and gives another the next time.
      await reader.changePassword('no token');
      await reader.run(['git', 'annex', 'drop', '--force', 'one']);
      expect((await reader.tries(['git', 'annex', 'get', 'one'])).exitCode).toBe(1);
      expect(await reader.toldHelper()).toContain('erase');
      await reader.changePassword(token);
      await reader.run(['git', 'annex', 'get', 'one']);

      const wrong = as('wrong', 'ann', 'secret of bob');
      expect((await wrong.clone({ allow: 'any' })).stderr).toContain('Authentication failed');
      expect(await wrong.toldHelper()).toContain('erase');
      const { stderr } = await runIn(dir, ['git', 'clone', url, 'nobody'], { release, allow: 'any' });
      expect(stderr).toContain('could not read Username');

      const changes = await audit();
      expect(changes.filter(({ type }) => type === 'store')).toMatchObject([
        { user: 'ann', key: object, complete: true, bytes: 10, address: '127.0.0.1' },
        { user: 'bob', complete: true },
      ]);
      const pushes = changes.filter(({ type }) => type === 'push');
      expect(pushes.map(({ user }) => user)).toEqual(['ann', 'bob', 'bob']);
      expect(pushes[0]).toMatchObject({
        repository: 'data',
        refs: [{ ref: 'refs/heads/main', outcome: 'ok' }],
      });
      expect(pushes[2]).toMatchObject({ refs: [{ ref: 'refs/heads/main', outcome: 'non-fast-forward' }] });
    });
  });
});

interface Bench {
  readonly url: string;
  readonly dir: string;
  /** Of ann, for reading. */
  readonly token: string;
  readonly audit: () => Promise<Record<string, unknown>[]>;
}

async function withServer(release: Release, body: (bench: Bench) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const path = join(dir, 'data.git');
    await runIn(dir, ['git', 'init', '--quiet', '--bare', path], { release });
    await runIn(path, ['git', 'annex', 'init', 'served'], { release });
    const program = pathToFileURL(await bundleProgram('password-worker'));
    const thread = new PasswordThread({ clock: systemClock, program });
    const files = { htpasswd: join(dir, 'htpasswd'), tokens: join(dir, 'tokens'), audit: join(dir, 'audit') };
    await writeFile(files.htpasswd, await htpasswdLines(dir));
    const wish = { user: 'ann', scope: 'read', repositories: ['da*'], expiresMs: undefined } as const;
    const { secret } = await createToken(files.tokens, wish, { rng: systemRng, nowMs: Date.now() });
    const events: Event[] = [];
    await using access = await openAccess({
      clock: systemClock,
      events: (event) => events.push(event),
      htpasswd: { path: files.htpasswd, verify: thread.verify },
      tokens: files.tokens,
      auditLog: files.audit,
      groups: { lab: ['ann'] },
      rules: [
        { role: 'write', groups: ['lab'], repositories: ['data'] },
        { role: 'append', users: ['bob'] },
      ],
      perAddress: { requests: { perSecond: 1000 }, downloadBytesPerSecond: 50_000_000 },
      perUser: { simultaneous: 20, uploadBytesPerSecond: 50_000_000 },
    });
    await using served = await serve(path, access);
    const audit = async (): Promise<Record<string, unknown>[]> => {
      await access.close();
      const lines = (await readFile(files.audit, 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    await body({ url: `${served.url}data.git`, dir, token: secret, audit });
    await thread.close();
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
  });
}

async function serve(path: string, access: Access): Promise<AsyncDisposable & { readonly url: string }> {
  const host = await GatewayHost.open(path, settings);
  const locks = new LockTable(settings);
  const policy = access.policy('data');
  const common = { takesTokens: true, changed: access.changed };
  const annex = annexHttp({
    ...common,
    locks,
    resolve: async (uuid) => {
      const remote = await host.resolve(uuid);
      return remote && { remote, access: policy };
    },
  });
  const git = gitSide({ ...common, host, access: policy, events: settings.events, name: 'data' });
  const handlers = [{ raw: access.limitedRaw(git) }, access.limited(annex)];
  const listener = await listen({ host: '127.0.0.1', port: 0, handlers });
  return {
    url: listener.url,
    [Symbol.asyncDispose]: async () => {
      await listener.close({ limitMs: 1000 });
      locks.close();
      await host.close();
    },
  };
}

/** As the real htpasswd writes them; otherwise what it wrote once, and what another maker's argon2 did. */
async function htpasswdLines(dir: string): Promise<string> {
  const made = await runIn(dir, ['sh', '-c', 'command -v htpasswd && htpasswd -nbB ann "secret of ann"'], {
    allow: 'any',
  });
  const ann = made.exitCode === 0 ? made.stdout.split('\n')[1] : annLine;
  return `${ann}\n${bobLine}\n`;
}

interface UserOptions {
  readonly url: string;
  readonly dir: string;
  readonly release: Release;
  readonly name: string;
  readonly user: string;
  readonly password: string;
}

/** Somebody with a clone whose credential helper has one password, and writes down what it is told. */
class User {
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

const annLine = 'ann:$2y$05$WCNrWc8O8kac1sGW3dbpxOnU4ui.JrDOT1NeBQtMwKLQtrmwhUO5u';
const bobLine =
  'bob:$argon2id$v=19$m=7168,t=2,p=1$YW5uZXh1cy1zYWx0LTE2Yg$U18DC17lhffmbZHXH0OxD+4LJSoZdZGE16vCrgLTEds';
