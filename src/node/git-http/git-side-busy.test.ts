// The git side where more is asked of it than it may do at once.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serverUUID } from '../../../test/support/annex-server.ts';
import { ask, RawConnection } from '../../../test/support/raw-http.ts';
import { wideOpen } from '../../p2p/http/access.ts';
import { theOnly } from '../../p2p/http/named-repository.ts';
import { listen } from '../http/listen.ts';
import { gitSide, type GitSideHost } from './git-side.ts';

test('who comes when too many wait for git is told when to come again, and config is answered always', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'annexus-git-side-'));
  execFileSync('git', ['init', '--quiet', '--bare', dir]);
  const annex = { git: { gitDir: dir }, uuid: serverUUID, branch: { commit: () => Promise.resolve() } };
  const host = { annex, update: () => Promise.resolve() } as unknown as GitSideHost;
  const git = gitSide({
    find: theOnly({ name: 'data', host, access: wideOpen }),
    events: () => undefined,
    annexURL: () => '/git-annex/',
    programs: 1,
  });
  const listener = await listen({ places: [{ host: '127.0.0.1', port: 0 }], handlers: [{ raw: git }] });
  const { port } = listener;
  const refs = { method: 'GET', path: '/data.git/info/refs?service=git-upload-pack' };
  const open = async (head: string): Promise<RawConnection> => {
    const connection = await RawConnection.open(port);
    await connection.write(`${head} HTTP/1.1\r\nHost: x\r\n`);
    return connection;
  };
  expect((await ask(port, refs)).status).toBe(200);

  const holder = await open('POST /data.git/git-upload-pack');
  await holder.write(
    'Content-Type: application/x-git-upload-pack-request\r\nContent-Length: 100\r\n\r\n0011',
  );
  const waiters: RawConnection[] = [];
  for (let count = 0; count < 127; count++) {
    const waiter = await open(`GET ${refs.path}`);
    await waiter.write('\r\n');
    waiters.push(waiter);
  }
  const last = [await open(`GET ${refs.path}`), await open(`GET ${refs.path}`)];
  for (const connection of last) await connection.write('\r\n');
  const refused = await Promise.race(last.map(async (connection) => await connection.reply()));
  expect([refused?.status, refused?.headers['retry-after']]).toEqual([503, '10']);
  const config = await ask(port, { method: 'GET', path: '/data.git/config' });
  expect([config.status, config.body.toString()]).toEqual([200, expect.stringContaining('annex+http://')]);

  for (const connection of [...waiters, ...last, holder]) connection.close();
  expect((await ask(port, refs)).status).toBe(200);
  await listener.close({ limitMs: 0 });
  await rm(dir, { recursive: true });
});
