// Our client and the passwords of real `git annex p2phttp`, by git's own credential helpers; and keys and file names that
// need git-annex's encoding.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/node/clock.ts';
import { openGitRepository } from '../../src/node/git/git-repository.ts';
import { configuredHttpRemote } from '../../src/node/http/client/configured-http-remote.ts';
import type { HttpRemote } from '../../src/p2p/http/client/http-remote.ts';
import { patterned, sendAll, uploadOf } from '../../src/remote/conformance/check.ts';
import type { Context } from '../../src/remote/remote.ts';
import { formatKey, type Key } from '../../src/types/key.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';
import { collect } from '../../src/util/bytes.ts';
import { releases, runIn, startIn, withTempDir, type Release } from '../support/git-annex.ts';
import { contextOf, hashKey } from '../support/gateway-bench.ts';
import { RawConnection } from '../support/raw-http.ts';
import { freePort } from '../support/free-port.ts';
import { waitAfterRelease } from './scenario/slow-release.ts';

// In base64 with characters that the two alphabets do not share.
const password = 'p:?>~~\u00ff';

interface Bench {
  /** The Remote of a git remote that is configured with this password. */
  readonly open: (given: string | undefined) => Promise<HttpRemote>;
  /** Runs git annex where it is served. */
  readonly served: (args: readonly string[]) => Promise<string>;
}

async function withServer(
  release: Release,
  options: readonly string[],
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  await withTempDir(async (dir) => {
    const [served, gateway] = [join(dir, 'served'), join(dir, 'gateway')];
    for (const path of [served, gateway]) await runIn(dir, ['git', 'init', '--quiet', path], { release });
    await runIn(served, ['git', 'annex', 'init', 'served'], { release });
    const uuid = parseUUID(
      (await runIn(served, ['git', 'config', 'annex.uuid'], { release })).stdout.trim(),
    ) as UUID;
    const port = await freePort();
    const argv = ['git-annex', 'p2phttp', '-J8', '--bind', '127.0.0.1', '--port', `${port}`, ...options];
    await using server = startIn(served, argv, { release, env: { GIT_ANNEX_P2PHTTP_PASSWORD_me: password } });
    await untilListening(port, server.stderr);
    const repository = await openGitRepository(gateway);
    const remotes: HttpRemote[] = [];
    const open = async (given: string | undefined): Promise<HttpRemote> => {
      const helper =
        given === undefined
          ? '!false'
          : `!f() { [ "$1" != get ] || printf 'username=me\\npassword=%s\\n' '${given}'; }; f`;
      await repository.setConfig('credential.helper', Buffer.from(helper).toString('latin1'));
      await repository.setConfig('remote.served.annexUrl', `annex+http://127.0.0.1:${port}/git-annex/`);
      const remote = await configuredHttpRemote(repository, {
        name: 'served',
        uuid,
        clock: systemClock,
        signal: new AbortController().signal,
        limits: { connectMs: 5000, stallMs: 5000, answerMs: 5000 },
      });
      if (remote === undefined) throw new Error('no annexUrl');
      waitAfterRelease(remote);
      remotes.push(remote);
      return remote;
    };
    try {
      await body({
        open,
        served: async (args) => (await runIn(served, ['git-annex', ...args], { release })).stdout,
      });
    } finally {
      for (const remote of remotes) remote.close();
      await repository.close();
    }
  });
}

async function untilListening(port: number, stderr: () => string): Promise<void> {
  for (let left = 200; ; left--) {
    try {
      (await RawConnection.open(port)).close();
      return;
    } catch {
      if (left === 0) throw new Error(`nobody listens: ${stderr()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function put(remote: HttpRemote, key: Key, context: Context): Promise<Uint8Array> {
  const content = patterned(70_000, 1);
  const upload = uploadOf(await remote.store(key, {}, context));
  await sendAll(upload, content);
  expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
  return content;
}

describe.each(releases().map((release) => ({ name: release.name, release })))(
  'git-annex $name',
  ({ release }) => {
    test('a password that git knows opens, and a wrong one does not', async () => {
      await withServer(release, ['--authenv-http'], async ({ open }) => {
        const key = hashKey(patterned(70_000, 1));
        const context = contextOf();
        for (const given of [undefined, 'wrong']) {
          const remote = await open(given);
          await expect(remote.checkPresent(key, context)).rejects.toMatchObject({ code: 'access' });
          expect(await remote.store(key, {}, context)).toMatchObject({ type: 'refused', code: 'access' });
          await expect(remote.remove(key, {}, context)).rejects.toMatchObject({ code: 'access' });
          await expect(remote.lockContent(key, context)).rejects.toMatchObject({ code: 'access' });
        }
        const remote = await open(password);
        await put(remote, key, context);
        expect(await remote.checkPresent(key, context)).toBe(true);
      });
    });

    test('reading may be free where storing is not', async () => {
      await withServer(release, ['--authenv-http', '--unauth-readonly'], async ({ open }) => {
        const key = hashKey(patterned(70_000, 1));
        const remote = await open(password);
        expect(await remote.checkPresent(key, contextOf())).toBe(false);
        await put(remote, key, contextOf());
        const nobody = await open(undefined);
        expect(await nobody.checkPresent(key, contextOf())).toBe(true);
        await expect(nobody.remove(key, {}, contextOf())).rejects.toMatchObject({ code: 'access' });
      });
    });

    test('keys and file names of all kinds arrive as they are', async () => {
      await withServer(release, ['--wideopen'], async ({ open, served }) => {
        const remote = await open(undefined);
        // Where percent-encoding matters, what has brackets of its own, and what is no UTF-8.
        for (const name of ['a b%+&=;#?', '[key]', '\u00c3\u00a4', '\u00ff\u00fe', '\u0001"\\']) {
          const key = formatKey({ variety: 'WORM', sizeBytes: 70_000, name });
          const asking: Context = { ...contextOf(), associatedFile: `dir/${name}` };
          const content = await put(remote, key, asking);
          expect(await remote.checkPresent(key, asking)).toBe(true);
          const found = await remote.retrieve(key, { offset: 10 }, asking);
          expect(Buffer.compare(await collect(found!.chunks), content.subarray(10))).toBe(0);
          const lock = await remote.lockContent(key, asking);
          expect(lock.locked).toBe(true);
          if (lock.locked) await lock.release();
          expect(await remote.remove(key, {}, asking)).toEqual({ removed: true, plusUUIDs: [] });
          expect(await remote.checkPresent(key, asking)).toBe(false);
        }
        const plain = formatKey({ variety: 'WORM', sizeBytes: 70_000, name: 'plain' });
        await put(remote, plain, contextOf());
        expect(await served(['contentlocation', plain])).toContain(plain);
      });
    });
  },
);
