import { describe, expect, test } from 'vitest';
import { fakeRequest } from '../../../../test/support/fake-request.ts';
import { isGranted, type Action, type Asker } from '../access.ts';
import { textReply } from '../message.ts';
import { cacheControl } from '../web/cache-control.ts';
import { compileRules, type RuleText } from './compile-rules.ts';
import type { Identifier } from './identity.ts';
import { RolesPolicy } from './roles-policy.ts';

const groups = { lab: ['ann', 'bob'], robots: ['ci'] };

/** A decision made elsewhere about somebody without a name. */
const letsIn: Identifier = {
  identify: () =>
    Promise.resolve({ type: 'user', user: undefined, permission: { role: 'read', locking: false } }),
};

/** Lets in everyone whose password is the name; `busy` cannot be known. */
const byName: Identifier = {
  identify: async ({ asker }) => {
    const { user, password } = asker.credentials ?? {};
    if (user === 'no') return { type: 'reply', reply: textReply(403, 'no') };
    if (user === 'busy') return await Promise.resolve({ type: 'undecided', reply: textReply(503, 'later') });
    if (user === undefined || user !== password) return undefined;
    if (user === 'limited') {
      const limit = { role: 'read', repositories: [(name: string) => name === 'lab/mice'] } as const;
      return { type: 'user', user: 'ann', limit };
    }
    return user === 'forge'
      ? { type: 'user', user, permission: { role: 'append', locking: false } }
      : { type: 'user', user };
  },
};

const rules: readonly RuleText[] = [
  { role: 'read', users: ['anonymous'], repositories: ['public/*'] },
  { role: 'read', users: ['anonymous'], repositories: ['nolock/*'], locking: false },
  { role: 'read', users: ['authenticated'], repositories: ['lab/*', 'public/*'] },
  { role: 'read', users: ['locker'], repositories: ['lab/*'], locking: true },
  { role: 'append', groups: ['robots'], repositories: ['*'] },
  { role: 'write', groups: ['lab'], repositories: ['lab/*'] },
  { role: 'append', users: ['ann'], repositories: ['lab/*'] },
  { role: 'admin', users: ['root'] },
  { role: 'read', users: ['anonymous'], repositories: ['lab/mice'], paths: ['open/*'] },
];

interface Case {
  readonly repository?: string | undefined;
  readonly user?: string;
  readonly password?: string;
  readonly file?: string;
  readonly identifiers?: readonly Identifier[];
}

function ask({ repository, user, password = user, identifiers = [byName] }: Case): {
  policy: RolesPolicy;
  asker: Asker;
} {
  const compiled = compileRules(rules, groups);
  const policy = new RolesPolicy({ repository, rules: () => compiled, identifiers });
  const credentials = user === undefined ? undefined : { user, password: password ?? '' };
  return { policy, asker: { credentials, token: undefined, request: fakeRequest({ path: '/' }) } };
}

async function answers(given: Case): Promise<string> {
  const { policy, asker } = ask(given);
  const all: Action[] = ['read', 'lock', 'write', 'push', 'remove'];
  const verdicts = await Promise.all(
    all.map(async (action) => await policy.authorize(asker, action, given.file)),
  );
  return verdicts.map((verdict) => (isGranted(verdict) ? verdict.mode : verdict.status)).join(' ');
}

describe('what rules give, for reading, locking, storing, pushing and removing:', () => {
  test.each<[string, Case, string]>([
    ['anyone where anyone may read', { repository: 'public/a' }, 'readonly readonly 401 401 401'],
    ['anyone where locking is denied', { repository: 'nolock/a' }, 'readonly 401 401 401 401'],
    ['anyone elsewhere', { repository: 'lab/mice' }, '401 401 401 401 401'],
    ['anyone, no credentials taken', { repository: 'lab/a', identifiers: [] }, '403 403 403 403 403'],
    [
      'bad ones where anyone may read',
      { repository: 'public/a', user: 'ann', password: 'x' },
      'readonly readonly 401 401 401',
    ],
    ['bad ones elsewhere', { repository: 'lab/a', user: 'ann', password: 'x' }, '401 401 401 401 401'],
    ['a known reader', { repository: 'lab/a', user: 'eve' }, 'readonly 403 403 403 403'],
    [
      'a known reader of what is public',
      { repository: 'public/a', user: 'eve' },
      'readonly readonly 403 403 403',
    ],
    ['a reader who may lock', { repository: 'lab/a', user: 'locker' }, 'readonly readonly 403 403 403'],
    [
      'whoever may append',
      { repository: 'x', user: 'ci' },
      'appendonly appendonly appendonly appendonly 403',
    ],
    [
      'the most generous rule',
      { repository: 'lab/a/b', user: 'ann' },
      'readwrite readwrite readwrite readwrite readwrite',
    ],
    ['a group elsewhere', { repository: 'other', user: 'ann' }, '403 403 403 403 403'],
    ['an admin', { repository: 'other', user: 'root' }, 'readwrite readwrite readwrite readwrite readwrite'],
    ['a limited one', { repository: 'lab/mice', user: 'limited' }, 'readonly 403 403 403 403'],
    ['a limited one elsewhere', { repository: 'lab/a', user: 'limited' }, '403 403 403 403 403'],
    [
      'one decided elsewhere',
      { repository: 'x', user: 'forge' },
      'appendonly appendonly appendonly appendonly 403',
    ],
    ['a user named as a word of rules', { repository: 'x', user: 'authenticated' }, '403 403 403 403 403'],
    ['what cannot be known', { repository: 'lab/a', user: 'busy' }, '503 503 503 503 503'],
    [
      'what cannot be known where anyone may read',
      { repository: 'public/a', user: 'busy' },
      'readonly readonly 503 503 503',
    ],
    ['a no from elsewhere', { repository: 'public/a', user: 'no' }, '403 403 403 403 403'],
    ['an open file', { repository: 'lab/mice', file: 'open/a/b' }, 'readonly 401 401 401 401'],
    ['another file', { repository: 'lab/mice', file: 'closed/open/a' }, '401 401 401 401 401'],
    ['the server itself', { repository: undefined, user: 'ci' }, '403 403 403 403 403'],
  ])('%s', async (_, given, expected) => {
    expect(await answers(given)).toBe(expected);
  });

  test('only an admin is one', async () => {
    const admin = ask({ repository: undefined, user: 'root' });
    const other = ask({ repository: 'lab/a', user: 'ann' });
    const nobody = ask({ repository: undefined });
    expect(await admin.policy.authorizeAdmin(admin.asker)).toEqual({ user: 'root', mode: 'readwrite' });
    expect(await other.policy.authorizeAdmin(other.asker)).toMatchObject({ status: 403 });
    expect(await nobody.policy.authorizeAdmin(nobody.asker)).toMatchObject({ status: 401 });
  });
});

describe('rules are refused that', () => {
  test.each<[string, RuleText, string]>([
    ['are for nobody', { role: 'read' }, 'rule 1: it is for nobody: users or groups are wanted'],
    ['name no group', { role: 'read', groups: ['x'] }, 'rule 1: there is no group "x"'],
    [
      'give more than read of paths',
      { role: 'write', users: ['a'], paths: ['*'] },
      'rule 1: with paths it gives read and nothing else, not write',
    ],
    [
      'say of writers that they lock',
      { role: 'write', users: ['a'], locking: false },
      'rule 1: locking can be said only of a role of read without paths',
    ],
    [
      'have a glob without an end',
      { role: 'read', users: ['a'], repositories: ['[[:x'] },
      'rule 1: bad character class in glob "[[:x"',
    ],
  ])('%s', (_, rule, message) => {
    expect(() => compileRules([rule], groups)).toThrow(message);
  });

  test('have a group of words', () => {
    expect(() => compileRules([], { g: ['anonymous'] })).toThrow('group g: "anonymous" is no user');
  });
});

test('what was decided elsewhere about somebody without a name says nothing of all others, and caches must not share it', async () => {
  const request = fakeRequest({ path: '/' });
  const grants = [
    { repository: 'lab/mice', identifiers: [letsIn] },
    { repository: 'public/a', identifiers: [] },
  ].map(async (given) => {
    const { policy, asker } = ask(given);
    const grant = await policy.authorize(asker, 'read');
    return isGranted(grant) ? cacheControl({ request, grant, isFixed: false }) : grant;
  });
  expect(await Promise.all(grants)).toEqual(['private, no-cache', 'public, no-cache']);
});
