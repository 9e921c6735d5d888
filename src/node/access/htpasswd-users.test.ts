import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { withTempDir } from '../../../test/support/git-annex.ts';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import type { Identity } from '../../p2p/http/permission/identity.ts';
import type { Event } from '../../types/event.ts';
import { HtpasswdUsers, parseHtpasswd } from './htpasswd-users.ts';
import type { VerifyPassword } from './password-thread.ts';
import { verifyPassword } from './verify-password.ts';

const ann = 'ann:$2y$05$V6YDwGVd7I00X7KUB085SOrgFEV3nQltZsBwb6dgnJ3D4R4TPVEYe';
const bob = 'b ö b:$2y$05$8O6ZOxhjFnkXCd68BIuyc.SHNSIh7Uv6Sqkaj0uf2qN7SBtr7eCRO';

interface Opened {
  readonly path: string;
  readonly events: Event[];
  readonly checked: string[];
  /** `undefined` where nobody of that name and password is known. */
  readonly ask: (user: string, password: string) => Promise<Identity | undefined>;
}

async function withUsers(text: string, body: (opened: Opened) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const path = join(dir, 'htpasswd');
    await writeFile(path, text);
    const events: Event[] = [];
    const checked: string[] = [];
    const users = await HtpasswdUsers.open({
      path,
      clock: new ManualClock(),
      events: (event) => events.push(event),
      verify: async (password, hash) => {
        checked.push(hash);
        return await verifyPassword(password, hash);
      },
    });
    const ask = async (user: string, password: string): Promise<Identity | undefined> => {
      const credentials = {
        user: Buffer.from(user).toString('latin1'),
        password: Buffer.from(password).toString('latin1'),
      };
      const asker = { credentials, token: undefined, request: fakeRequest({ path: '/' }) };
      return await users.identify({ asker, action: 'read', repository: 'x' });
    };
    await body({ path, events, checked, ask });
    await users.close();
  });
}

test('lets in who is in the file, and checks a hash for everyone', async () => {
  await withUsers(`# people\n${ann}\n\n${bob}:Bob's full name\r\n`, async ({ ask, checked }) => {
    expect(await ask('ann', 'secret')).toEqual({ type: 'user', user: 'ann' });
    expect(await ask('b ö b', 'ñandú x:y')).toEqual({ type: 'user', user: 'b ö b' });
    expect(await ask('ann', 'Secret')).toBeUndefined();
    expect(await ask('', 'secret')).toBeUndefined();
    expect(checked).toHaveLength(4);
    // Whoever is not there has the hash of somebody, and that one's password is of no use.
    const strangers = await Promise.all(
      ['x1', 'x2', 'x3', 'x4'].map(async (user) => await ask(user, 'secret')),
    );
    expect(strangers).toEqual([undefined, undefined, undefined, undefined]);
    expect(checked).toHaveLength(8);
  });
});

test('who asks without credentials is not known, and costs nothing', async () => {
  await withUsers(ann, async ({ checked, path }) => {
    const users = await HtpasswdUsers.open({ path, clock: new ManualClock(), events: () => undefined });
    const asker = { credentials: undefined, token: undefined, request: fakeRequest({ path: '/' }) };
    expect(await users.identify({ asker, action: 'read', repository: 'x' })).toBeUndefined();
    expect(checked).toEqual([]);
  });
});

test('follows the file; a version that makes no sense, or none, changes nothing and is warned of once', async () => {
  await withUsers(ann, async ({ ask, path, events }) => {
    expect(await ask('ann', 'secret')).toBeDefined();
    const changed = `${ann.replace('ann', 'eve')}\n`;
    await writeFile(`${path}.new`, changed);
    await rename(`${path}.new`, path);
    expect(await ask('ann', 'secret')).toBeUndefined();
    expect(await ask('eve', 'secret')).toEqual({ type: 'user', user: 'eve' });

    await writeFile(path, `${changed}mallory:password\n`);
    expect(await ask('eve', 'secret')).toBeDefined();
    expect(await ask('eve', 'secret')).toBeDefined();
    const message = `${path}, line 2: mallory: this is no hash that is known here: bcrypt (htpasswd -B) and argon2id are taken; what it said before still holds`;
    expect(events).toEqual([{ type: 'warning', message }]);
    await rm(path);
    expect(await ask('eve', 'secret')).toBeDefined();
    expect(events).toHaveLength(2);
    await writeFile(path, ann);
    expect([await ask('eve', 'secret'), await ask('ann', 'secret')]).toEqual([
      undefined,
      { type: 'user', user: 'ann' },
    ]);
  });
});

test('guessing is answered 429, too much at once 503, a broken thread 503', async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, 'htpasswd');
    await writeFile(path, ann);
    const events: Event[] = [];
    const open = async (verify: VerifyPassword): Promise<(password: string) => Promise<string>> => {
      const clock = new ManualClock();
      const users = await HtpasswdUsers.open({
        path,
        clock,
        events: (event) => events.push(event),
        verify,
        maxWaiting: 1,
      });
      return async (password) => {
        const request = { ...fakeRequest({ path: '/' }), address: '192.0.2.1' };
        const asker = { credentials: { user: 'ann', password }, token: undefined, request };
        const identity = await users.identify({ asker, action: 'read', repository: 'x' });
        if (identity?.type !== 'undecided') return identity?.type ?? 'unknown';
        const { status, headers } = identity.reply;
        return `${status} ${headers.slice(-2).join(' ')}`;
      };
    };
    const guess = await open(async () => await Promise.resolve(false));
    for (let turn = 0; turn < 10; turn++) expect(await guess(`${turn}`)).toBe('unknown');
    expect(await guess('10')).toBe('429 Retry-After 6');
    let end: (isRight: boolean) => void = () => undefined;
    const wait = await open(() => new Promise((resolve) => void (end = resolve)));
    const first = wait('a');
    await settle();
    expect(await wait('b')).toBe('503 Retry-After 5');
    end(true);
    expect(await first).toBe('user');
    const broken = await open(async () => await Promise.reject(new Error('lost')));
    expect(await broken('a')).toBe('503 Retry-After 5');
    expect(events).toMatchObject([{ type: 'request-failed' }]);
  });
});

test.each([
  ['ann', 'line 1: NAME:HASH is wanted'],
  [`${ann}\n:x`, 'line 2: the name is missing'],
  [`${ann}\n${ann}`, 'line 2: "ann" is there already'],
  [ann.replace('ann', 'anonymous'), 'line 1: "anonymous" has a meaning of its own in rules'],
  ['\n\nann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'line 3: ann: unsalted SHA-1 is too weak'],
  [undefined, 'does not exist'],
])('refuses %j', (text, reason) => {
  expect(() => parseHtpasswd(text, '/etc/htpasswd')).toThrow(
    `/etc/htpasswd${text === undefined ? ' ' : ', '}${reason}`,
  );
});
