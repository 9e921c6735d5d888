// Repositories behind a real OpenSSH server, served by real git-annex-shell: the contract of a Remote, one connection for
// all processes, processes used again, what is left behind, and how failures read.
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/node/clock.ts';
import { openSshRemote } from '../../src/node/transport/ssh-remote.ts';
import { SshConnections } from '../../src/node/transport/ssh-connections.ts';
import type { SshSettings } from '../../src/node/transport/ssh-command.ts';
import type { P2PRemote } from '../../src/p2p/p2p-remote.ts';
import { patterned, runCheck, sendAll, uploadOf } from '../../src/remote/conformance/check.ts';
import { conformanceChecks } from '../../src/remote/conformance/checks.ts';
import { bytesEqual, collect } from '../../src/util/bytes.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';
import { contextOf, hashKey, makeDigest, unverifiableKey } from '../support/gateway-bench.ts';
import { cleanEnvironment, releases, removeTree, runIn, type Release } from '../support/git-annex.ts';
import { sharingRepository } from '../support/sharing-repository.ts';
import { annexShellOf, startSshServer, type SshServer } from '../support/ssh-server.ts';

const ownUUID = '22222222-2222-4222-8222-222222222222' as UUID;
const elsewhere = '99999999-9999-4999-8999-999999999999' as UUID;

let top: string;
let server: SshServer;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'annexus-ssh-test-'));
  server = await startSshServer(join(top, 'sshd'));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await removeTree(top);
});

interface Place {
  readonly dir: string;
  readonly uuid: UUID;
  readonly release: Release;
}

async function makePlace(release: Release): Promise<Place> {
  const dir = await mkdtemp(join(top, "a place that's quoted "));
  await runIn(dir, ['git', 'init', '-q'], { release });
  await runIn(dir, ['git-annex', 'init', '-q', 'place'], { release });
  const { stdout } = await runIn(dir, ['git', 'config', 'annex.uuid'], { release });
  return { dir, uuid: parseUUID(stdout.trim())!, release };
}

interface Opened extends AsyncDisposable {
  readonly remote: P2PRemote;
  readonly connections: SshConnections;
}

interface Differing {
  readonly uuid?: UUID;
  readonly port?: number;
  readonly settings?: Partial<SshSettings>;
  /** How long a frozen process is waited for. */
  readonly waitMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

function open(
  place: Place,
  { uuid = place.uuid, port = server.port, settings, waitMs, env }: Differing = {},
): Opened {
  const connections = new SshConnections({
    git: sharingRepository(join(top, 'own')),
    environment: cleanEnvironment({ ...(env !== undefined && { env }) }),
  });
  const remote = openSshRemote({
    url: { destination: server.destination, port, path: place.dir },
    uuid,
    ownUUID,
    settings: {
      options: server.options,
      isSharing: true,
      annexShell: annexShellOf(place.release),
      gitSsh: undefined,
      ...settings,
    },
    connections,
    clock: systemClock,
    makeDigest,
    ...(waitMs !== undefined && {
      answerTimeoutMs: waitMs,
      limits: { stallMs: waitMs, patienceMs: waitMs },
    }),
  });
  return {
    remote,
    connections,
    [Symbol.asyncDispose]: async () => {
      await remote.close();
      await connections.close();
    },
  };
}

interface Found {
  readonly pid: number;
  readonly line: string;
}

/** Running processes that have this in their command line. */
async function processesWith(text: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push({ pid: Number(pid), line: line.replaceAll('\0', ' ') });
  }
  return found;
}

async function noneLeft(text: string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    if ((await processesWith(text)).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await processesWith(text)).toEqual([]);
}

const exceptions: ReadonlySet<string> = new Set([
  'stores content that changed while it was sent only if it verifies',
  'uses the digest of the caller at offset 0, and does not feed it',
]);

describe('over ssh', () => {
  describe('the contract of a Remote, with the latest release', () => {
    const capable = new Set(['lock', 'resume', 'verify']);
    const checks = conformanceChecks.filter(
      ({ name, needs }) => needs.every((need) => capable.has(need)) && !exceptions.has(name),
    );
    test.each(checks)('$name', async (check) => {
      const outcome = runCheck(check, {
        capabilities: new Set(['lock', 'resume', 'verify']),
        hashKey,
        unverifiableKey,
        async open() {
          const place = await makePlace(releases()[1]!);
          const opened = open(place);
          return {
            remote: opened.remote,
            close: async () => await opened[Symbol.asyncDispose](),
          };
        },
      });
      await expect(outcome).resolves.toBeUndefined();
    });
  });

  describe.each(releases().map((release) => ({ release, name: release.name })))('$name', ({ release }) => {
    test('one connection, and processes that are used again', async () => {
      const place = await makePlace(release);
      const before = await server.logins();
      await using opened = open(place);
      const { remote } = opened;
      const content = patterned(400_000, 5);
      const key = hashKey(content);
      const upload = uploadOf(await remote.store(key, {}, contextOf()));
      await sendAll(upload, content);
      expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
      for (let count = 0; count < 10; count++) expect(await remote.checkPresent(key, contextOf())).toBe(true);
      const shells = async (): Promise<number> =>
        (await processesWith(place.dir)).filter(({ line }) => line.startsWith('git-annex-shell')).length;
      expect(await shells()).toBe(1);
      const downloads = await Promise.all(
        [0, 1, 2, 3].map((offset) => remote.retrieve(key, { offset }, contextOf())),
      );
      expect(await shells()).toBe(4);
      for (const [offset, download] of downloads.entries()) {
        expect(bytesEqual(await collect(download!.chunks), content.subarray(offset))).toBe(true);
      }
      expect(await server.logins()).toBe(before + 1);
    });

    test('several that begin at once share a connection as well, and nothing is left after closing', async () => {
      const place = await makePlace(release);
      const before = await server.logins();
      const opened = open(place);
      const key = hashKey(patterned(10, 6));
      const asked = await Promise.all(
        [0, 1, 2, 3, 4].map(() => opened.remote.checkPresent(key, contextOf())),
      );
      expect(asked).toEqual([false, false, false, false, false]);
      expect(await server.logins()).toBe(before + 1);
      await opened[Symbol.asyncDispose]();
      await noneLeft(place.dir);
      await noneLeft(join(top, 'own'));
    });

    test.each(['bytes', 'the end'])('%s of an upload to a shell that is frozen', async (frozenAt) => {
      const place = await makePlace(release);
      const content = patterned(8_000_000, 12);
      const key = hashKey(content);
      const frozen: number[] = [];
      try {
        await using opened = open(place, { waitMs: 1000 });
        const upload = uploadOf(await opened.remote.store(key, {}, contextOf()));
        if (frozenAt === 'the end') await sendAll(upload, content, 1_000_000);
        for (const { pid, line } of await processesWith(place.dir)) {
          if (line.startsWith('git-annex-shell')) frozen.push(pid);
        }
        expect(frozen).toHaveLength(1);
        for (const pid of frozen) process.kill(pid, 'SIGSTOP');
        const work = frozenAt === 'bytes' ? sendAll(upload, content, 1_000_000) : upload.finish('valid');
        const why = frozenAt === 'bytes' ? 'took no byte for 1 s' : 'did not answer in time';
        await expect(work).rejects.toMatchObject({
          code: 'peer',
          message: expect.stringContaining(`the repository ${place.uuid} ${why}`) as unknown,
        });
        expect(opened.remote.busyConversations).toBe(0);
      } finally {
        for (const pid of frozen) process.kill(pid, 'SIGKILL');
      }
      await noneLeft(place.dir);
      await using again = open(place);
      const upload = uploadOf(await again.remote.store(key, {}, contextOf()));
      await sendAll(upload, content, 1_000_000);
      expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
    });

    test('a repository that is not the one expected', async () => {
      const place = await makePlace(release);
      await using opened = open(place, { uuid: elsewhere });
      await expect(opened.remote.checkPresent(hashKey(patterned(10, 7)), contextOf())).rejects.toMatchObject({
        code: 'peer',
        message: expect.stringContaining(`expected repository UUID ${elsewhere}`) as unknown,
      });
    });
  });

  test('without sharing each process has a connection of its own', async () => {
    const place = await makePlace(releases()[1]!);
    const before = await server.logins();
    await using opened = open(place, { settings: { isSharing: false } });
    const key = hashKey(patterned(10, 8));
    await Promise.all([0, 1].map(() => opened.remote.checkPresent(key, contextOf())));
    expect(await server.logins()).toBe(before + 2);
  });

  test('GIT_SSH_COMMAND', async () => {
    const place = await makePlace(releases()[1]!);
    const command = ['ssh', ...server.options].join(' ');
    await using opened = open(place, {
      settings: { options: [], gitSsh: { type: 'shell-command', command } },
    });
    expect(await opened.remote.checkPresent(hashKey(patterned(10, 9)), contextOf())).toBe(false);
  });

  test('a host that cannot be reached fails fast the second time', async () => {
    const place = await makePlace(releases()[1]!);
    await using opened = open(place, { port: 1 });
    const key = hashKey(patterned(10, 10));
    const failure = await opened.remote.checkPresent(key, contextOf()).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'peer',
      message: expect.stringContaining(`ssh cannot connect to ${server.destination}`) as unknown,
    });
    await expect(opened.remote.checkPresent(key, contextOf())).rejects.toBe(failure);
  });

  test('a connection that is cut is opened anew', async () => {
    const place = await makePlace(releases()[1]!);
    await using opened = open(place);
    const key = hashKey(patterned(10, 11));
    expect(await opened.remote.checkPresent(key, contextOf())).toBe(false);
    const before = await server.logins();
    // The one that keeps the connection has the path of its socket in its title.
    for (const { pid } of await processesWith(join(top, 'own'))) process.kill(pid, 'SIGTERM');
    await noneLeft(join(top, 'own'));
    expect(await opened.remote.checkPresent(key, contextOf())).toBe(false);
    expect(await server.logins()).toBe(before + 1);
  });
});
