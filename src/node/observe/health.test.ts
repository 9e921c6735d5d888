// /healthz and /readyz, with repositories that can and cannot do their work.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { gatewayUUID } from '../../../test/support/gateway-bench.ts';
import { withTempDir } from '../../../test/support/git-annex.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { healthHandler } from './health.ts';
import { ObservedRepository, type LookedAt } from './observed-repository.ts';

interface Scenario {
  readonly dir: string;
  readonly clock: ManualClock;
  read: () => Promise<undefined>;
  isClosing: boolean;
  readonly get: (path: string, method?: string) => Promise<readonly [number, unknown]>;
}

async function withServer(run: (scenario: Scenario) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    await mkdir(join(dir, 'annex'));
    const clock = new ManualClock();
    const host = {
      annex: { uuid: gatewayUUID, git: { gitDir: dir }, branch: { read: () => scenario.read() } },
    } as unknown as LookedAt;
    const repository = new ObservedRepository('archive', host, clock);
    const handler = healthHandler({
      repositories: () => [repository],
      isClosing: () => scenario.isClosing,
      clock,
    });
    const scenario: Scenario = {
      dir,
      clock,
      read: () => Promise.resolve(undefined),
      isClosing: false,
      get: async (path, method = 'GET') => {
        const reply = await handler(fakeRequest({ path, method }));
        return [reply?.status ?? 0, reply?.body];
      },
    };
    await run(scenario);
  });
}

test('ready where the branch can be read and the disk written to, of which nothing stays', async () => {
  await withServer(async ({ get, dir }) => {
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz')).toEqual([200, 'ready\n']);
    expect(await get('/readyz', 'POST')).toEqual([405, undefined]);
    expect(await get('/ready')).toEqual([0, undefined]);
    expect(await readdir(join(dir, 'annex'))).toEqual([]);
  });
});

test('not ready where one of them cannot be, and no path of the machine is told', async () => {
  await withServer(async (scenario) => {
    await rm(join(scenario.dir, 'annex'), { recursive: true });
    expect(await scenario.get('/readyz')).toEqual([503, 'archive: the disk cannot be written to: ENOENT\n']);
    await mkdir(join(scenario.dir, 'annex'));
    // Many who ask cost one look a second.
    expect((await scenario.get('/readyz'))[0]).toBe(503);
    await scenario.clock.advance(1000);
    expect((await scenario.get('/readyz'))[0]).toBe(200);
    scenario.read = () => Promise.reject(new AnnexError('remote', 'git ended'));
    await scenario.clock.advance(1000);
    expect(await scenario.get('/readyz')).toEqual([
      503,
      'archive: the git-annex branch cannot be read: git ended\n',
    ]);
  });
});

test('a disk that hangs makes it not ready, and nobody waits for it; it lives all the same', async () => {
  await withServer(async (scenario) => {
    scenario.read = () => new Promise(() => undefined);
    expect(await scenario.get('/readyz')).toEqual([
      503,
      'archive: the git-annex branch cannot be read: no answer within 2 s\n',
    ]);
    expect(await scenario.get('/healthz')).toEqual([200, 'ok\n']);
  });
});

test('not ready while it closes', async () => {
  await withServer(async (scenario) => {
    scenario.isClosing = true;
    expect(await scenario.get('/readyz')).toEqual([503, 'closing\n']);
    expect(await scenario.get('/healthz')).toEqual([200, 'ok\n']);
  });
});
