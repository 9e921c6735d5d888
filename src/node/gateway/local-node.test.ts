import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryRemote } from '../../remote/memory-remote.ts';
import type { Context } from '../../remote/remote.ts';
import { parseKey, type Key } from '../../types/key.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { OpenAnnex } from '../annex/open-annex.ts';
import { digestFactory } from '../hash/digest.ts';
import { LocalNode } from './local-node.ts';

const uuid = parseUUID('f97413fe-ba4c-44ae-bb98-acdac2d7ef19') as UUID;
const key = parseKey('WORM-s3--absent') as Key;
const context: Context = {
  clientUUID: uuid,
  bypass: [],
  requestId: 'test',
  signal: new AbortController().signal,
};

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'annexus-node-'));
  await mkdir(join(dir, 'node'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** A node whose directory is real and whose content is not. */
function makeNode(clock: ManualClock): { readonly node: LocalNode; readonly opened: () => number } {
  let opened = 0;
  const path = join(dir, 'node');
  const node = new LocalNode({
    uuid,
    ownUUID: uuid,
    path,
    clock,
    open: async () => {
      await rename(path, path);
      opened++;
      const remote = new MemoryRemote({ uuid, clock, makeDigest: digestFactory });
      const annex = { uuid, git: { gitDir: path }, remote, close: () => Promise.resolve() };
      return annex as unknown as OpenAnnex;
    },
  });
  return { node, opened: () => opened };
}

test('absence under a directory that is gone is an error, until it is back', async () => {
  const clock = new ManualClock();
  const { node, opened } = makeNode(clock);
  expect(await node.checkPresent(key, context)).toBe(false);
  await rename(join(dir, 'node'), join(dir, 'away'));
  await expect(node.checkPresent(key, context)).rejects.toThrow(/cannot be reached/);
  await expect(node.remove(key, {}, context)).rejects.toThrow(/cannot be reached/);
  await expect(node.retrieve(key, { offset: 0 }, context)).rejects.toThrow(/cannot be reached/);
  await expect(node.lockContent(key, context)).rejects.toThrow(/cannot be reached/);
  await expect(node.store(key, {}, context)).rejects.toThrow(/cannot be reached/);
  await rename(join(dir, 'away'), join(dir, 'node'));
  await clock.advance(1_001);
  expect(await node.checkPresent(key, context)).toBe(false);
  expect(await node.remove(key, {}, context)).toMatchObject({ removed: true });
  expect(opened()).toBe(2);
});

test('another directory in its place is opened before it is believed', async () => {
  const { node, opened } = makeNode(new ManualClock());
  expect(await node.checkPresent(key, context)).toBe(false);
  await rename(join(dir, 'node'), join(dir, 'away'));
  await mkdir(join(dir, 'node'));
  expect(await node.checkPresent(key, context)).toBe(false);
  expect(opened()).toBe(2);
  expect(await node.checkPresent(key, context)).toBe(false);
  expect(opened()).toBe(2);
});
