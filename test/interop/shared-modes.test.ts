// core.sharedRepository: beneath .git/annex Annexus leaves the modes that git-annex leaves after the same work, whatever the
// umask, so that each member of a group can go on where another stopped.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { processChannel } from '../../src/node/channel/process-channel.ts';
import { systemClock } from '../../src/node/clock.ts';
import { openConversation } from '../../src/p2p/open-conversation.ts';
import { P2PRemote } from '../../src/p2p/p2p-remote.ts';
import { patterned, sendAll, uploadOf } from '../../src/remote/conformance/check.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';
import { contextOf, hashKey, makeDigest } from '../support/gateway-bench.ts';
import {
  annexusProgram,
  cleanEnvironment,
  releases,
  runIn,
  withTempDir,
  type Release,
} from '../support/git-annex.ts';

const client = '22222222-2222-4222-8222-222222222222' as UUID;
const contents = [1, 2, 3].map((seed) => patterned(1000, seed));
const [stored, removed, partial] = contents.map(hashKey);

interface Worker {
  /** Undefined for Annexus. */
  readonly release: Release | undefined;
  readonly sharing: string;
  readonly umask: string;
}

/** The modes of all that is there after a repository was made and used, by paths without the names of keys' directories. */
async function modesAfterWork(
  dir: string,
  { release, sharing, umask }: Worker,
): Promise<Map<string, string>> {
  const withUmask = (argv: readonly string[]): string[] => [
    'sh',
    '-c',
    `umask ${umask}; exec "$@"`,
    'sh',
    ...argv,
  ];
  const annex = release === undefined ? [annexusProgram] : ['git-annex'];
  const run = async (...argv: string[]): Promise<string> =>
    (await runIn(dir, withUmask(argv), { ...(release && { release }) })).stdout.trim();
  await run('git', 'init', '-q', '--bare', `--shared=${sharing}`);
  await run(...annex, 'init', 'place');
  const uuid = parseUUID(await run('git', 'config', 'annex.uuid'))!;
  const shell = release === undefined ? [annexusProgram, 'shell'] : ['git-annex-shell'];
  const remote = new P2PRemote({
    uuid,
    clock: systemClock,
    makeDigest,
    connect: async ({ bypass, signal }) =>
      await openConversation(
        processChannel({
          argv: withUmask([...shell, 'p2pstdio', dir, client]),
          env: cleanEnvironment({ ...(release && { release }) }),
        }),
        { uuid, bypass, clock: systemClock, signal },
      ),
  });
  const modes = new Map<string, string>();
  await work(remote, async (when, untilThere = 'annex') => {
    await vi.waitFor(async () => await lstat(join(dir, untilThere)), { timeout: 10_000 });
    for (const [path, mode] of await modesBeneath(dir, 'annex')) modes.set(`${when}: ${path}`, mode);
  });
  await remote.close();
  await run(...annex, 'info', '--json');
  await run('git', 'config', 'annex.alwayscommit', 'false');
  await run(...annex, 'numcopies', '2');
  for (const [path, mode] of await modesBeneath(dir, 'annex')) modes.set(path, mode);
  return modes;
}

/** Takes the modes down, once this is there. */
type Look = (when: string, untilThere?: string) => Promise<void>;

/** Stores, locks, removes, gives, and breaks off. */
async function work(remote: P2PRemote, look: Look): Promise<void> {
  for (const [index, key] of [stored!, removed!].entries()) {
    const upload = uploadOf(await remote.store(key, {}, contextOf()));
    await sendAll(upload, contents[index]!);
    expect(await upload.finish('valid')).toMatchObject({ stored: true });
  }
  const lock = await remote.lockContent(stored!, contextOf());
  if (!lock.locked) throw new Error('not locked');
  await look('locked');
  await lock.release();
  expect(await remote.remove(removed!, {}, contextOf())).toMatchObject({ removed: true });
  const upload = uploadOf(await remote.store(partial!, {}, contextOf()));
  await upload.send(contents[2]!.subarray(0, 500));
  await look('uploading', `annex/transfer/download/${client}/${partial!}`);
  await upload.abort();
}

async function modesBeneath(dir: string, path: string): Promise<Map<string, string>> {
  const there = await lstat(join(dir, path));
  const shown = path.replace(/objects\/(\w+\/\w+)/, 'objects/HASH');
  const mode = `${there.isDirectory() ? 'd' : 'f'}${(there.mode & 0o7777).toString(8)}`;
  const modes = new Map([[shown, mode]]);
  if (!there.isDirectory()) return modes;
  for (const name of await readdir(join(dir, path)))
    for (const [at, found] of await modesBeneath(dir, `${path}/${name}`)) modes.set(at, found);
  return modes;
}

/** git-annex leaves what it receives with the modes of the umask: another member cannot go on with it, here he can. */
const partialPath = ['annex', 'tmp', partial!].join('/');
const better = new Set([partialPath]);

const cases = [
  ['group', '077'],
  ['group', '022'],
  ['world', '077'],
  ['world', '022'],
  ['0640', '077'],
  ['0640', '022'],
  ['umask', '077'],
] as const;

describe.each(cases)('core.sharedRepository %s under umask %s', (sharing, umask) => {
  test('leaves the modes that git-annex leaves', { timeout: 60_000 }, async () => {
    await withTempDir(async (dir) => {
      const workers = [undefined, ...releases()].map((release) => ({ release, sharing, umask }));
      const [ours = new Map<string, string>(), ...theirs] = await Promise.all(
        workers.map(async (worker, index) => {
          const place = join(dir, `${index}`);
          await runIn(dir, ['mkdir', place]);
          return await modesAfterWork(place, worker);
        }),
      );
      for (const modes of theirs) {
        const same = [...modes.keys()].filter(
          (path) => ours.has(path) && !better.has(path.replace('uploading: ', '')),
        );
        expect(Object.fromEntries(same.map((path) => [path, ours.get(path)]))).toEqual(
          Object.fromEntries(same.map((path) => [path, modes.get(path)])),
        );
        for (const path of [
          'journal',
          'journal.lck',
          'journal/numcopies.log',
          'index',
          'index.lck',
          'othertmp.lck',
          'tmp',
        ])
          expect(same).toContain(`annex/${path}`);
        const lasting = `annex/objects/HASH/${stored!}/${stored!}.rtm`;
        expect(same).toContain(`locked: ${lasting}`);
        expect(same).toContain(`uploading: annex/transfer/download/${client}/${partial!}`);
      }
      // What only Annexus has, and a part that another member may go on with.
      const [latest = new Map<string, string>()] = theirs.slice(-1);
      const usual = { d: latest.get('annex'), f: latest.get('annex/journal.lck') };
      const own = [...ours].filter(
        ([path]) => !path.includes(': ') && (better.has(path) || !latest.has(path)),
      );
      for (const [path, mode] of own)
        expect([path, mode]).toEqual([path, usual[mode.startsWith('d') ? 'd' : 'f']]);
      expect(own.map(([path]) => path)).toContain('annex/annexus/sizes/state');
      expect(own.map(([path]) => path)).toContain(partialPath);
    });
  });
});
