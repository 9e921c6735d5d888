import { describe, expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import type { ServerMode } from '../../remote/remote.ts';
import { isGranted, type Action, type Asker } from './access.ts';
import { userAccess, type AccessOptions } from './user-access.ts';

const users = new Map<string, { password: string; mode: ServerMode }>([
  ['ro', { password: 'r:o', mode: 'readonly' }],
  ['ao', { password: 'ao', mode: 'appendonly' }],
  ['rw', { password: 'rw', mode: 'readwrite' }],
]);

const askers: Record<string, Asker['credentials']> = {
  none: undefined,
  bad: { user: 'rw', password: 'rx' },
  longer: { user: 'rw', password: 'rwrw' },
  unknown: { user: 'RW', password: 'rw' },
  ro: { user: 'ro', password: 'r:o' },
  ao: { user: 'ao', password: 'ao' },
  rw: { user: 'rw', password: 'rw' },
};

type Row = readonly [
  options: string,
  asker: string,
  read: string,
  write: string,
  remove: string,
  lock: string,
];

/** Rows of interop-latest §3; `tls` in the options: the request came over TLS. */
const rows: readonly Row[] = [
  ['', 'none', '401', '401', '401', '401'],
  ['', 'rw', '401', '401', '401', '401'],
  ['readonly', 'none', 'ok', '403', '403', 'ok'],
  ['readonly nolocking', 'rw', 'ok', '403', '403', '403'],
  ['appendonly', 'none', 'ok', 'ok', '403', 'ok'],
  ['appendonly nolocking', 'none', 'ok', 'ok', '403', 'ok'],
  ['nolocking', 'none', '401', '401', '401', '401'],
  ['wideopen', 'none', 'ok', 'ok', 'ok', 'ok'],
  ['wideopen nolocking', 'bad', 'ok', 'ok', 'ok', 'ok'],
  ['authenv', 'rw', '401', '401', '401', '401'],
  ['authenv tls', 'unknown', '401', '401', '401', '401'],
  ['authenv tls', 'ro', 'ok', '403', '403', '403'],
  ['authenv tls', 'ao', 'ok', 'ok', '403', 'ok'],
  ['authenv tls', 'rw', 'ok', 'ok', 'ok', 'ok'],
  ['authenv-http', 'bad', '401', '401', '401', '401'],
  ['authenv-http', 'longer', '401', '401', '401', '401'],
  ['authenv-http', 'ro', 'ok', '403', '403', '403'],
  ['authenv-http readonly', 'none', 'ok', '401', '401', 'ok'],
  ['authenv-http readonly', 'bad', 'ok', '403', '403', 'ok'],
  ['authenv-http readonly', 'ro', 'ok', '403', '403', '403'],
  ['authenv-http readonly', 'rw', 'ok', 'ok', 'ok', 'ok'],
  ['authenv-http readonly nolocking', 'none', 'ok', '401', '401', '401'],
  ['authenv-http readonly nolocking', 'unknown', 'ok', '403', '403', '403'],
  ['authenv-http readonly nolocking', 'ao', 'ok', 'ok', '403', 'ok'],
  ['authenv-http appendonly', 'none', 'ok', 'ok', '401', 'ok'],
  ['authenv-http appendonly', 'bad', 'ok', 'ok', '403', 'ok'],
  ['authenv-http wideopen', 'bad', 'ok', 'ok', 'ok', 'ok'],
  ['authenv-http wideopen', 'ro', 'ok', '403', '403', '403'],
  ['authenv readonly', 'none', 'ok', '401', '401', 'ok'],
  ['authenv readonly', 'rw', 'ok', '403', '403', 'ok'],
];

describe('userAccess answers as git-annex for', () => {
  test.each(rows)('%s, %s', async (words, who, read, write, remove, lock) => {
    const policy = userAccess(optionsOf(words));
    const request = fakeRequest({ path: '/', secure: words.includes('tls') });
    const asker = { credentials: askers[who], token: undefined, request };
    const answer = async (action: Action): Promise<string> => {
      const verdict = await policy.authorize(asker, action);
      return isGranted(verdict) ? 'ok' : String(verdict.status);
    };
    expect(await Promise.all([answer('read'), answer('write'), answer('remove'), answer('lock')])).toEqual([
      read,
      write,
      remove,
      lock,
    ]);
  });
});

function optionsOf(words: string): AccessOptions {
  const has = (word: string): boolean => words.split(' ').includes(word);
  return {
    unauthenticated: has('wideopen')
      ? 'readwrite'
      : has('appendonly')
        ? 'appendonly'
        : has('readonly')
          ? 'readonly'
          : undefined,
    unauthenticatedNoLocking: has('nolocking'),
    passwords: has('authenv-http') ? 'always' : has('authenv') ? 'tls' : 'never',
    users,
  };
}
