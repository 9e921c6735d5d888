// Who shares a connection, who waits for whom, and where the sockets are. Real connections are in test/interop.
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { settle } from '../../../test/support/manual-clock.ts';
import type { SshSettings } from './ssh-command.ts';
import { sharingRepository } from '../../../test/support/sharing-repository.ts';
import { SshConnections } from './ssh-connections.ts';

const url = { destination: 'host', port: undefined, path: '/p' };
const settings: SshSettings = { options: [], isSharing: true, annexShell: 'x', gitSsh: undefined };
const { signal } = new AbortController();

async function withDirectory(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'annexus-'));
  try {
    await body(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

test('sockets are private and have short paths, wherever the repository is', async () => {
  await withDirectory(async (dir) => {
    const long = join(dir, 'a'.repeat(60), 'b'.repeat(60));
    const runtime = join(dir, 'run');
    await mkdir(runtime);
    for (const [gitDir, environment, within] of [
      [dir, {}, dir],
      [long, { XDG_RUNTIME_DIR: runtime }, runtime],
      [long, {}, tmpdir()],
    ] as const) {
      const connections = new SshConnections({ git: sharingRepository(gitDir), environment });
      const path = await connections.share(url, { settings, signal }, (given) => Promise.resolve(given));
      expect(path?.startsWith(within)).toBe(true);
      expect(path?.length).toBeLessThanOrEqual(83);
      expect((await stat(dirname(path ?? ''))).mode & 0o777).toBe(0o700);
      await connections.close();
    }
  });
});

test('another host, port or option is another connection, and some have none', async () => {
  await withDirectory(async (gitDir) => {
    const connections = new SshConnections({ git: sharingRepository(gitDir), environment: {} });
    const path = async (to = url, how = settings): Promise<string | undefined> =>
      await connections.share(to, { settings: how, signal }, (given) => Promise.resolve(given));
    const first = await path();
    expect(await path({ ...url, path: '/other' })).toBe(first);
    const others = [
      await path({ ...url, destination: 'u@host' }),
      await path(url, { ...settings, options: ['-4'] }),
    ];
    expect(new Set([first, ...others]).size).toBe(3);
    expect(await path(url, { ...settings, isSharing: false })).toBeUndefined();
    expect(await path(url, { ...settings, gitSsh: { type: 'program', program: 'x' } })).toBeUndefined();
  });
});

test('the first goes alone; when it fails the next one does', async () => {
  await withDirectory(async (gitDir) => {
    const connections = new SshConnections({ git: sharingRepository(gitDir), environment: {} });
    const begun: ((error?: Error) => void)[] = [];
    const connect = (): Promise<void> =>
      new Promise((resolve, reject) => {
        begun.push((error) => (error === undefined ? resolve() : reject(error)));
      });
    const controller = new AbortController();
    const begin = (own: AbortSignal): Promise<unknown> =>
      connections.share(url, { settings, signal: own }, connect).then(
        () => 'connected',
        (error: unknown) => error,
      );
    const first = begin(signal);
    for (let turn = 0; turn < 100 && begun.length === 0; turn++)
      await new Promise((next) => setTimeout(next, 5));
    const others = [begin(signal), begin(signal), begin(signal)];
    const leaving = begin(controller.signal);
    await settle();
    expect(begun).toHaveLength(1);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await leaving).toBe(reason);
    const failure = new Error('no route');
    begun[0]?.(failure);
    expect(await first).toBe(failure);
    await settle();
    expect(begun).toHaveLength(2);
    begun[1]?.();
    await settle();
    expect(begun).toHaveLength(4);
    begun[2]?.();
    begun[3]?.();
    expect(await Promise.all(others)).toEqual(['connected', 'connected', 'connected']);
  });
});
