import { describe, expect, test } from 'vitest';
import { repositoriesWith, subjectWith, type MadeUp } from '../../test/support/repositories.ts';
import type { TrustLevel } from '../types/trust-level.ts';
import type { UUID } from '../types/uuid.ts';
import { PreferredContent, type WantsGetOptions } from './preferred-content.ts';
import { explainProblem } from './problems.ts';
import type { Subject } from './subject.ts';

const [a, b, c] = ['aaaa', 'bbbb', 'cccc'] as [UUID, UUID, UUID];
const file = (path: string): Subject['file'] => ({ type: 'path', path });
const unnamed: Subject['file'] = { type: 'unknown' };

function judge(preferred: string, made: MadeUp = {}): PreferredContent {
  return new PreferredContent(repositoriesWith({ preferred: new Map([[a, preferred]]), ...made }));
}

function wants(preferred: string, subject: Partial<Subject> = {}, made: MadeUp = {}): boolean | undefined {
  return judge(preferred, made).wantsGet(a, subjectWith(subject), { otherwise: false }).value;
}

describe('without an expression', () => {
  test.each([true, false])('the answer is what is said: %s', (otherwise) => {
    const content = judge('()');
    for (const uuid of [a, b]) {
      expect(content.wantsGet(uuid, subjectWith(), { otherwise }).value).toBe(otherwise);
      expect(content.wantsDrop(uuid, subjectWith(), { otherwise }).value).toBe(otherwise);
    }
    expect(content.requires(a, subjectWith()).value).toBe(false);
    expect(content.wantsGet(a, subjectWith(), { otherwise }).explain().reason).toBe('no-expression');
  });
});

describe('what is not known', () => {
  test.each([
    ['include=*.mp3', undefined],
    ['exclude=*.mp3', undefined],
    ['not inpreferreddir', undefined],
    ['include=*.mp3 and nothing', false],
    ['include=*.mp3 or anything', true],
    ['include=*.mp3 or nothing', undefined],
    ['securehash', true],
  ] as const)('%s of a file that nobody named is %s', (expression, value) => {
    expect(wants(expression, { file: unnamed })).toBe(value);
    const dropped = judge(expression).wantsDrop(a, subjectWith({ file: unnamed }), { otherwise: false });
    expect(dropped.value).toBe(value === undefined ? undefined : !value);
  });

  test('a key without a file is no doubt', () => {
    expect(wants('include=*')).toBe(false);
    expect(wants('exclude=*')).toBe(true);
    expect(wants('unused', { isUnused: true })).toBe(true);
    expect(wants('unused', { isUnused: true, file: file('x') })).toBe(false);
  });

  test('is named in the explanation', () => {
    const content = judge('include=*.mp3 or standard', { groups: new Map([[a, new Set(['backup'])]]) });
    const verdict = content.wantsGet(a, subjectWith({ file: unnamed }), { otherwise: false });
    expect(verdict.explain()).toEqual({
      reason: 'expression',
      text: 'include=*.mp3[UNKNOWN] or standard[TRUE]',
      terms: [
        { text: 'include=*.mp3', value: undefined },
        { text: 'anything', value: true },
        { text: 'standard', value: true },
      ],
    });
  });
});

describe('doubtful expressions', () => {
  test('what does not parse keeps what is there and gets nothing', () => {
    for (const locations of [new Set<UUID>(), new Set([a])])
      expect(wants('foo or anything', { locations })).toBe(locations.has(a));
    expect(judge('foo').problems(a)).toEqual([
      { expression: 'preferred', type: 'unparsable', reason: 'Parse failure: near "foo" (at character 1)' },
    ]);
  });

  test.each([
    'not present',
    'anything or not balanced=g',
    'not standard',
    'not groupwanted',
    'or not present',
  ])('"%s" matches nothing', (expression) => {
    const groups = new Map([[a, new Set(['manual', 'g'])]]);
    const content = judge(expression, { groups, groupPreferred: new Map([['g', 'nothing or present']]) });
    for (const locations of [new Set<UUID>(), new Set([a])]) {
      const verdict = content.wantsGet(a, subjectWith({ locations }), { otherwise: true });
      expect(verdict.value).toBe(false);
      expect(verdict.explain().reason).toBe('unstable');
    }
    expect(content.problems(a).map(({ type }) => type)).toEqual(['unstable']);
  });

  test('references without a meaning count as present', () => {
    for (const groups of [new Map(), new Map([[a, new Set(['client', 'backup'])]])]) {
      expect(wants('standard', {}, { groups })).toBe(false);
      expect(wants('standard', { locations: new Set([a]) }, { groups })).toBe(true);
    }
    const made = {
      groups: new Map([[a, new Set(['g'])]]),
      groupPreferred: new Map([['g', 'not groupwanted']]),
    };
    expect(
      judge('standard and groupwanted and copies=nobody:1', made).problems(a).map(explainProblem),
    ).toEqual([
      'standard counts as "present": no group of the repository has an expression for it',
      'preferred content names the group nobody, which nobody is in',
    ]);
  });
});

describe('what is required', () => {
  const content = (required: string, preferred?: string): PreferredContent =>
    new PreferredContent(
      repositoriesWith({
        required: new Map([[a, required]]),
        preferred: new Map(preferred === undefined ? [] : [[a, preferred]]),
      }),
    );

  test('is judged as if it were dropped already', () => {
    const subject = subjectWith({ locations: new Set([a, b]) });
    expect(content('not copies=2').requires(a, subject).value).toBe(true);
    expect(content('copies=2').requires(a, subject).value).toBe(false);
    expect(content('present').requires(a, subject).value).toBe(true);
    expect(content('include=*.mp3').requires(a, { ...subject, file: unnamed }).value).toBeUndefined();
  });

  test('is wanted as well', () => {
    const get = { otherwise: false };
    expect(content('anything', 'nothing').wantsGet(a, subjectWith(), get).value).toBe(true);
    expect(content('nothing', 'anything').wantsGet(a, subjectWith(), get).value).toBe(true);
    expect(content('nothing').wantsGet(a, subjectWith(), { otherwise: true }).value).toBe(false);
    expect(content('()', 'nothing').wantsGet(a, subjectWith(), { otherwise: true }).value).toBe(false);
    expect(content('foo', 'anything').wantsGet(a, subjectWith(), get).value).toBe(false);
  });
});

describe('copies just decided', () => {
  const groups = new Map([a, b, c].map((uuid) => [uuid, new Set(['archive'])]));
  const same = (expression: string): MadeUp => ({
    groups,
    preferred: new Map([a, b, c].map((uuid) => [uuid, expression])),
  });
  /** Who takes the key, judged one after another. */
  function placed(expression: string, options: Omit<WantsGetOptions, 'otherwise'> & MadeUp = {}): string {
    const content = new PreferredContent(repositoriesWith({ ...same(expression), ...options }));
    const decided = new Set<UUID>();
    for (const uuid of [a, b, c])
      if (content.wantsGet(uuid, subjectWith(), { otherwise: true, decided }).value === true)
        decided.add(uuid);
    return [...decided].join(' ');
  }

  test('an archive takes one', () => {
    expect(placed('standard')).toBe('aaaa');
  });

  test('balanced terms choose as many as they say, and others for those that cannot take it', () => {
    const chosen = placed('balanced=archive:2').split(' ');
    expect(chosen).toHaveLength(2);
    const [failed] = chosen as [UUID];
    const instead = placed('balanced=archive:2', { unavailable: new Set([failed]) }).split(' ');
    expect(instead).toHaveLength(2);
    expect(instead).not.toContain(failed);
  });

  test('room that was taken is no more there, except for the key that took it', () => {
    const limits = { maxSizes: new Map([[a, 1000n]]), sizes: new Map([[a, 1000n]]) };
    const content = new PreferredContent(repositoriesWith({ ...same('anything'), ...limits }));
    expect(content.fits(a, subjectWith())).toBe(false);
    expect(content.fits(a, subjectWith({ locations: new Set([a]) }))).toBe(true);
    expect(content.fits(b, subjectWith())).toBe(true);
  });
});

describe('needs', () => {
  test('what is required needs, though what is preferred does not parse', () => {
    const content = judge('frobnicate', { required: new Map([[a, 'metadata=author=me']]) });
    expect(content.needs([a]).has('metadata')).toBe(true);
  });

  test.each([
    ['include=* and copies=1', ['file', 'locations']],
    ['lackingcopies=1', ['locations', 'numcopies']],
    ['present', ['here', 'locations']],
    ['url=* or metadata=a=b or unused', ['metadata', 'unused', 'urls']],
    ['groupwanted', ['file', 'here', 'locations', 'metadata']],
    ['securehash', []],
    ['foo', ['here', 'locations']],
  ])('%s: %j', (expression, needs) => {
    const made = {
      groups: new Map([[a, new Set(['manual'])]]),
      groupPreferred: new Map([['manual', 'standard or metadata=a=b']]),
    };
    expect([...judge(expression, made).needs([a, b])].sort()).toEqual(needs);
  });
});

test('a group that is called as a level of trust is that where balanced terms count copies', () => {
  const members = new Map([a, b].map((uuid) => [uuid, new Set(['trusted'])]));
  const wanted = (trust: TrustLevel): boolean | undefined => {
    const made = { groups: members, trust: new Map([[b, trust]]), unavailable: new Set([b]) };
    return wants('balanced=trusted:1', { locations: new Set([b]) }, made);
  };
  expect([wanted('semitrusted'), wanted('trusted')]).toEqual([true, false]);
});

test('present believes the objects where they can be looked at', () => {
  const locations = new Set([a]);
  expect(wants('present', { locations, here: { uuid: a, hasContent: false } })).toBe(false);
  expect(wants('present', { locations, here: { uuid: b, hasContent: false } })).toBe(true);
  expect(wants('copies=1', { locations, here: { uuid: a, hasContent: false } })).toBe(true);
});

// git-annex was seen to count so: members complete the copies outside of the group, and with those inside it is enough.
test.each([
  ['fullybalanced=g:lackingcopies', [c], 2, 1],
  ['fullybalanced=g:lackingcopies', [a, c], 2, 1],
  ['fullybalanced=g:lackingcopies=other', [c], 2, 1],
  ['fullybalanced=g:lackingcopies=-other', [c], 2, 2],
  ['balanced=g:lackingcopies', [c], 1, 0],
  ['balanced=g:lackingcopies=-other', [c], 1, 1],
] as const)('%s with copies at %j and numcopies %i: %i members', (expression, at, numCopies, members) => {
  const groups = new Map([
    [a, new Set(['g'])],
    [b, new Set(['g'])],
    [c, new Set(['other'])],
  ]);
  const preferred = new Map([a, b].map((uuid) => [uuid, expression]));
  const content = new PreferredContent(repositoriesWith({ groups, preferred }));
  const subject = subjectWith({ locations: new Set(at), numCopies });
  const wanting = [a, b].filter(
    (uuid) => content.wantsGet(uuid, subject, { otherwise: false }).value === true,
  );
  expect(wanting).toHaveLength(members);
});
