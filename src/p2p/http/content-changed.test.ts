import { describe, expect, test } from 'vitest';
import { annexPath, keyOf, serverUUID } from '../../../test/support/annex-server.ts';
import { askHandler, type FakeRequest } from '../../../test/support/fake-request.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { systemRng } from '../../node/clock.ts';
import { digestFactory } from '../../node/hash/digest.ts';
import { MemoryRemote } from '../../remote/memory-remote.ts';
import type { Remote } from '../../remote/remote.ts';
import type { Change } from '../../types/change.ts';
import { parseUUID } from '../../types/uuid.ts';
import { annexHttp } from './annex-http.ts';
import { LockTable } from './lock-table.ts';

const key = keyOf('abc');
const node = parseUUID('n1')!;
const by = {
  user: 'ann',
  address: undefined,
  requestId: 'test',
  clientUUID: 'c',
  key,
};

/** What is told of requests, asked one after the other. */
async function changesOf(over: Partial<Remote>, ...requests: FakeRequest[]): Promise<readonly Change[]> {
  const clock = new ManualClock();
  const memory = new MemoryRemote({ uuid: serverUUID, clock, makeDigest: digestFactory });
  const remote: Remote = {
    uuid: memory.uuid,
    traits: memory.traits,
    checkPresent: memory.checkPresent.bind(memory),
    lockContent: memory.lockContent.bind(memory),
    retrieve: memory.retrieve.bind(memory),
    store: over.store ?? memory.store.bind(memory),
    remove: over.remove ?? memory.remove.bind(memory),
    timestamp: memory.timestamp.bind(memory),
  };
  const changes: Change[] = [];
  const handle = annexHttp({
    resolve: async () =>
      await Promise.resolve({ remote, access: { authorize: () => ({ user: 'ann', mode: 'readwrite' }) } }),
    withNames: true,
    locks: new LockTable({ clock, rng: systemRng }),
    changed: (change) => void changes.push(change),
  });
  for (const request of requests) await askHandler(handle, request);
  return changes;
}

const put: FakeRequest = {
  path: annexPath('put', `key=${key}&associatedfile=a/b`),
  headers: { 'x-git-annex-data-length': '3' },
  body: ['abc'],
};
const remove: FakeRequest = { path: `/lab/mice${annexPath('remove', `key=${key}`)}` };

describe('tells', () => {
  test('who stored and removed what', async () => {
    const changes = await changesOf({}, put, put, remove);
    expect(changes).toEqual([
      {
        ...by,
        type: 'store',
        repository: undefined,
        isComplete: true,
        served: serverUUID,
        reached: [serverUUID],
        associatedFile: 'a/b',
        receivedBytes: 3,
      },
      {
        ...by,
        type: 'remove',
        repository: 'lab/mice',
        isComplete: true,
        served: serverUUID,
        reached: [serverUUID],
        associatedFile: undefined,
        receivedBytes: undefined,
      },
    ]);
  });

  test('a removal before a time', async () => {
    const path = annexPath('remove-before', `key=${key}&timestamp=99999999`);
    expect(await changesOf({}, put, { path })).toMatchObject([
      { type: 'store' },
      { type: 'remove', isComplete: true },
    ]);
  });

  test('what was done in part', async () => {
    const partly = async (): Promise<{ removed: false; reason: string; plusUUIDs: [typeof node] }> =>
      await Promise.resolve({ removed: false, reason: 'n2 is away', plusUUIDs: [node] });
    expect(await changesOf({ remove: partly }, remove)).toMatchObject([
      { type: 'remove', isComplete: false, reached: [node] },
    ]);
  });
});

test('tells nothing of what had no effect', async () => {
  const not = async (): Promise<{ removed: false; reason: string; plusUUIDs: [] }> =>
    await Promise.resolve({ removed: false, reason: 'locked', plusUUIDs: [] });
  const wrong: FakeRequest = { ...put, body: ['abd'] };
  const short: FakeRequest = { ...put, body: ['ab'] };
  expect(await changesOf({ remove: not }, wrong, short, remove)).toEqual([]);
});
