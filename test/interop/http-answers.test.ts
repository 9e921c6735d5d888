// One table of requests, put to real `git annex p2phttp` and to Annexus over equal repositories. What they answer must be
// equal, except for the differences that doc/differences.md names; and a named one must really be there.
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { freePort } from '../support/free-port.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, systemRng } from '../../src/node/clock.ts';
import { openGitRepository } from '../../src/node/git/git-repository.ts';
import { digestFactory } from '../../src/node/hash/digest.ts';
import { listen, type Listener } from '../../src/node/http/listen.ts';
import { openDiskRemote } from '../../src/node/repository/disk-remote.ts';
import { wideOpen } from '../../src/p2p/http/access.ts';
import { annexHttp } from '../../src/p2p/http/annex-http.ts';
import { LockTable } from '../../src/p2p/http/lock-table.ts';
import { parseUUID } from '../../src/types/uuid.ts';
import { releases, removeTree, runIn, startIn, type Release, type Running } from '../support/git-annex.ts';
import { changingRows } from './scenario/http-changing-rows.ts';
import { readingRows } from './scenario/http-reading-rows.ts';
import { hello, server, type Answer } from './scenario/http-row.ts';
import { ask, RawConnection, type RawReply } from '../support/raw-http.ts';

describe('annex+http answers as git-annex does', () => {
  let dir: string;
  let theirs: Running;
  let theirPort: number;
  let ours: Listener;
  let listed: ReadonlySet<string>;

  beforeAll(async () => {
    listed = await listedDifferences();
    dir = await mkdtemp(join(tmpdir(), 'annexus-http-'));
    const release = releases()[1]!;
    await makeRepository(join(dir, 'theirs'), release);
    await makeRepository(join(dir, 'ours'), release);
    theirPort = await freePort();
    theirs = startIn(
      join(dir, 'theirs'),
      ['git', 'annex', 'p2phttp', '-J4', '--wideopen', '--bind', '127.0.0.1', '--port', `${theirPort}`],
      { release },
    );
    await untilListening(theirPort);
    ours = await serve(join(dir, 'ours'));
  });

  afterAll(async () => {
    await theirs[Symbol.asyncDispose]();
    await ours.close({ limitMs: 0 });
    await removeTree(dir);
  });

  test.each([...readingRows, ...changingRows])('$name', async (row) => {
    const request = {
      method: row.method ?? 'POST',
      path: `/git-annex/${row.path}`,
      headers: row.headers,
      body: row.body,
    };
    const [their, our] = [await ask(theirPort, request), await ask(ours.port, request)];
    const expected = readAnswer(their);
    const given = readAnswer(our);
    expect(our.complete).toBe(true);
    const [id, answer] = row.differs ?? [undefined, {}];
    expect([undefined, ...listed]).toContain(id);
    expect(given).toEqual({ ...expected, ...answer });
    expect(isDeepStrictEqual(given, expected), 'as listed').toBe(id === undefined);
  });

  test('every other difference in the list has a test of its own', () => {
    const elsewhere = [
      'http-put-offset-failed',
      'http-lock-lifetime',
      'http-locked-files',
      'http-upload-in-progress',
      'http-reasons',
      'http-content-length',
      'http-error-type',
      'http-uuid-characters',
      'http-raw-bytes',
      'http-key-limits',
      'http-silent-clients',
      'http-foreign-pages',
      'http-git-side',
    ];
    const here = [...readingRows, ...changingRows].flatMap((row) => row.differs?.[0] ?? []);
    // Those of the client's side have tests beside it.
    const ofHTTP = [...listed].filter((id) => /^http-(?!client-)/.test(id));
    expect(ofHTTP.sort()).toEqual([...new Set([...here, ...elsewhere])].sort());
  });
});

async function serve(dir: string): Promise<Listener> {
  const uuid = parseUUID(server)!;
  const remote = await openDiskRemote({
    repository: await openGitRepository(dir),
    uuid,
    digestFactory,
    locationLog: { locations: () => Promise.resolve([]), logChange: () => Promise.resolve() },
    clock: systemClock,
    events: () => undefined,
  });
  const handler = annexHttp({
    resolve: (asked) => Promise.resolve(asked === uuid ? { remote, access: wideOpen } : undefined),
    locks: new LockTable({ clock: systemClock, rng: systemRng }),
  });
  return await listen({ places: [{ host: '127.0.0.1', port: 0 }], handlers: [handler] });
}

async function makeRepository(dir: string, release: Release): Promise<void> {
  await mkdir(dir);
  for (const argv of [
    ['git', 'init', '--quiet'],
    ['git', 'config', 'annex.uuid', server],
    ['git', 'annex', 'init', 'served'],
  ]) {
    await runIn(dir, argv, { release });
  }
  await writeFile(join(dir, 'a.txt'), hello);
  await writeFile(join(dir, 'empty'), '');
  await runIn(dir, ['git', 'annex', 'add', '.'], { release });
}

/** What is compared: without what differs from one run to the next, and without the differences that are everywhere. */
function readAnswer(reply: RawReply): Answer {
  const json = reply.headers['content-type']?.startsWith('application/json') === true;
  return {
    status: reply.status,
    // `http-error-type`
    type: reply.status === 200 ? reply.headers['content-type'] : undefined,
    dataLength: reply.headers['x-git-annex-data-length'],
    challenge: reply.headers['www-authenticate'],
    body: json ? readJSON(reply.body.toString()) : reply.body.toString('latin1'),
  };
}

function readJSON(text: string): unknown {
  const value = JSON.parse(text) as Record<string, unknown>;
  // `http-reasons`
  if (value['stored'] === false || value['removed'] === false || value['locked'] === false)
    delete value['reason'];
  if (typeof value['lockid'] === 'string') value['lockid'] = value['lockid'].replaceAll(/[0-9a-f]/g, 'x');
  if (typeof value['timestamp'] === 'number') value['timestamp'] = Math.floor(value['timestamp'] / 1000);
  return value;
}

async function listedDifferences(): Promise<ReadonlySet<string>> {
  const text = await readFile(new URL('../../doc/differences.md', import.meta.url), 'utf8');
  return new Set([...text.matchAll(/^### `(http-[a-z0-9-]+)`$/gm)].map((match) => match[1]!));
}

async function untilListening(port: number): Promise<void> {
  for (let left = 200; ; left--) {
    try {
      (await RawConnection.open(port)).close();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
