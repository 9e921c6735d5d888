// Which transfers count as running. That real git-annex's do is seen in test/interop/transfers.test.ts.
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { nodeUUID } from '../../../test/support/gateway-bench.ts';
import { tryLockFile, type FileLock } from '../lock/file-lock.ts';
import { RunningTransfers } from './running-transfers.ts';

const [first, second] = [nodeUUID(0), nodeUUID(1)] as const;
let dir: string;
let clock: ManualClock;
let transfers: RunningTransfers;
const held: FileLock[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'annexus-transfers-'));
  clock = new ManualClock();
  transfers = new RunningTransfers({ annexDirectory: dir, clock });
});

afterEach(async () => {
  for (const lock of held.splice(0)) await lock.release();
  await rm(dir, { recursive: true });
});

/** A transfer as its files show it. */
async function show(direction: string, uuid: string, name: string, isRunning: boolean): Promise<void> {
  const directory = join(dir, 'transfer', direction, uuid);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `lck.${name}`), '');
  await writeFile(join(directory, name), '1700000000s\n');
  if (!isRunning) return;
  held.push((await tryLockFile(join(directory, `lck.${name}`), { mode: 'exclusive' }))!);
}

async function counts(): Promise<readonly number[]> {
  await clock.advance(1000);
  await transfers.look([first, second]);
  return [transfers.count(first), transfers.count(second)];
}

test('those whose lock is held, in both directions', async () => {
  expect(await counts()).toEqual([0, 0]);
  await show('download', first, 'SHA256-s1--a', true);
  await show('download', first, 'SHA256-s1--b', false);
  await show('upload', first, 'SHA256-s1--a', true);
  await show('upload', second, 'SHA256-s1--c', true);
  await mkdir(join(dir, 'transfer', 'download', 'lck'));
  expect(await counts()).toEqual([2, 1]);
  // They end without a trace in the directory, as processes do that are killed.
  for (const lock of held.splice(1)) await lock.release();
  expect(await counts()).toEqual([1, 0]);
});

test('no lock file, no transfer', async () => {
  await show('upload', first, 'SHA256-s1--a', false);
  await rm(join(dir, 'transfer', 'upload', first, 'lck.SHA256-s1--a'));
  expect(await counts()).toEqual([0, 0]);
});

test('one that was left is not looked at again until somebody takes it up', async () => {
  await show('download', first, 'SHA256-s1--a', false);
  expect(await counts()).toEqual([0, 0]);
  const directory = join(dir, 'transfer', 'download', first);
  held.push((await tryLockFile(join(directory, 'lck.SHA256-s1--a'), { mode: 'exclusive' }))!);
  await writeFile(join(directory, 'SHA256-s1--a'), '1700000001s\n');
  expect(await counts()).toEqual([1, 0]);
});

test('is looked at once a second at most, and where something changed', async () => {
  await show('download', first, 'SHA256-s1--a', true);
  expect(await counts()).toEqual([1, 0]);
  await show('download', first, 'SHA256-s1--b', true);
  expect(transfers.look([first, second])).toBeUndefined();
  expect(transfers.count(first)).toBe(1);
  expect(await counts()).toEqual([2, 0]);
  // A node that nobody asked about before is looked at in any case.
  const third = nodeUUID(2);
  await show('upload', third, 'SHA256-s1--c', true);
  await transfers.look([third]);
  expect(transfers.count(third)).toBe(1);
});

test('an empty directory is not read until it changes', async () => {
  const directory = join(dir, 'transfer', 'download', first);
  await mkdir(directory, { recursive: true });
  const long = new Date(Date.now() - 60_000);
  await utimes(directory, long, long);
  expect(await counts()).toEqual([0, 0]);
  await show('download', first, 'SHA256-s1--a', true);
  await utimes(directory, long, long);
  expect(await counts()).toEqual([0, 0]);
  await utimes(directory, new Date(), new Date());
  expect(await counts()).toEqual([1, 0]);
});
