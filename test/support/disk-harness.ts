// A disk repository in a real directory for tests, with a location log in memory and a clock that goes when told.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { LocationLog } from '../../src/gateway/location-log.ts';
import { openGitRepository } from '../../src/node/git/git-repository.ts';
import { digestFactory } from '../../src/node/hash/digest.ts';
import { openDiskRemote, type DiskRemote } from '../../src/node/repository/disk-remote.ts';
import type { Context, StoreAnswer, Upload } from '../../src/remote/remote.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import type { UUID } from '../../src/types/uuid.ts';
import type { Clock } from '../../src/util/clock.ts';

export const own = '11111111-1111-4111-8111-111111111111' as UUID;
export const client = '22222222-2222-4222-8222-222222222222' as UUID;

export class MemoryLocationLog implements LocationLog {
  readonly present = new Map<Key, Set<UUID>>();
  readonly changes: string[] = [];
  async locations(key: Key): Promise<readonly UUID[]> {
    return await Promise.resolve([...(this.present.get(key) ?? [])]);
  }
  async logChange(key: Key, change: { present: readonly UUID[]; missing: readonly UUID[] }): Promise<void> {
    const now = this.present.get(key) ?? new Set();
    for (const uuid of change.present) now.add(uuid);
    for (const uuid of change.missing) now.delete(uuid);
    this.present.set(key, now);
    this.changes.push(change.present.length > 0 ? 'present' : 'missing');
    await Promise.resolve();
  }
}

/** A clock that goes only when told. */
export class ManualClock implements Clock {
  ms = Date.now();
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  now(): number {
    return this.ms;
  }
  monotonicSeconds(): number {
    return this.ms / 1000 - 1_000_000_000;
  }
  elapsedSeconds(): number {
    return this.monotonicSeconds();
  }
  after(delayMs: number, callback: () => void): { cancel: () => void } {
    const timer = { at: this.ms + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
  advance(ms: number): void {
    this.ms += ms;
    for (const timer of this.#timers) {
      if (timer.at > this.ms) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

export interface Setup {
  readonly dir: string;
  readonly annex: string;
  readonly remote: DiskRemote;
  readonly log: MemoryLocationLog;
  readonly clock: ManualClock;
}

/** Directories to remove after the tests of a file. */
export const made: string[] = [];
afterAll(async () => {
  for (const dir of made) {
    execFileSync('chmod', ['-R', 'u+w', dir]);
    await rm(dir, { recursive: true });
  }
});

export async function setUp(
  config: Record<string, string> = {},
  bare = false,
  uuid: UUID = own,
): Promise<Setup> {
  const dir = await mkdtemp(join(tmpdir(), 'annexus-disk-'));
  made.push(dir);
  const git = (...args: string[]): string => execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8' });
  git('init', '-q', ...(bare ? ['--bare'] : []));
  const all = { 'annex.uuid': uuid, 'annex.version': '10', 'annex.diskreserve': '1 MB', ...config };
  for (const [key, value] of Object.entries(all)) git('config', key, value);
  const annex = join(dir, bare ? '' : '.git', 'annex');
  await mkdir(annex);
  const log = new MemoryLocationLog();
  const clock = new ManualClock();
  const repository = await openGitRepository(dir);
  const remote = await openDiskRemote({
    repository,
    uuid,
    digestFactory,
    locationLog: log,
    clock,
    events: () => {},
  });
  return { dir, annex, remote, log, clock };
}

export function context(signal: AbortSignal = new AbortController().signal): Context {
  return { clientUUID: client, bypass: [], requestId: 'test', signal };
}

export function keyOf(content: Uint8Array): Key {
  return parseKey(`SHA256-s${content.length}--${createHash('sha256').update(content).digest('hex')}`)!;
}

export function upload(answer: StoreAnswer): Upload {
  if (answer.type !== 'upload') throw new Error(`not an upload but ${JSON.stringify(answer)}`);
  return answer;
}

export async function sendAll(to: Upload, content: Uint8Array, chunkBytes = 64 * 1024): Promise<void> {
  const chunk = new Uint8Array(chunkBytes);
  for (let at = to.offset; at < content.length; at += chunkBytes) {
    const part = content.subarray(at, at + chunkBytes);
    chunk.set(part);
    await to.send(chunk.subarray(0, part.length));
    // The caller may use the chunk again.
    chunk.fill(0xee);
  }
}

export async function storeAll(
  remote: DiskRemote,
  key: Key,
  content: Uint8Array,
  chunkBytes?: number,
): Promise<boolean> {
  const to = upload(await remote.store(key, {}, context()));
  await sendAll(to, content, chunkBytes);
  return (await to.finish('valid')).stored;
}

export async function readAll(
  remote: DiskRemote,
  key: Key,
  offset = 0,
): Promise<{ bytes: Buffer; validity: string }> {
  const content = await remote.retrieve(key, { offset }, context());
  if (content === undefined) throw new Error('not present');
  const parts: Buffer[] = [];
  for await (const chunk of content.chunks) parts.push(Buffer.from(chunk));
  const bytes = Buffer.concat(parts);
  expect(bytes.length).toBe(content.lengthBytes);
  return { bytes, validity: await content.validity() };
}

export async function objectOf(remote: DiskRemote, key: Key): Promise<string> {
  return (await remote.repository.findObject(key))!.object;
}

/** Everything below annex/ that is no directory. */
export async function filesIn(annex: string): Promise<string[]> {
  const names = await readdir(annex, { recursive: true, withFileTypes: true });
  return names.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('did not come true');
}
