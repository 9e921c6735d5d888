import { describe, expect, test } from 'vitest';
import { sampleRepositories, type RepositorySample } from '../../test/support/repositories.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { withRepository, withoutRepositories } from './changed-repositories.ts';
import { planKey, type KeyOutcome, type KeyPlan, type PlanKeyOptions } from './plan-key.ts';
import { PreferredContent } from './preferred-content.ts';

interface Case {
  readonly repositories: Readonly<Record<string, RepositorySample>>;
  readonly at: readonly string[];
  readonly path?: string;
  readonly keepCopies?: number;
  readonly leaving?: readonly string[];
  readonly before?: KeyPlan;
}

function planOf({ repositories, at, path = 'f', keepCopies = 1, leaving = [], before }: Case): KeyOutcome {
  const gone = new Set(leaving as UUID[]);
  const options: PlanKeyOptions = {
    content: new PreferredContent(withoutRepositories(sampleRepositories(repositories), gone)),
    candidates: (Object.keys(repositories) as UUID[]).filter((uuid) => !gone.has(uuid)),
    leaving: gone,
    keepCopies,
    before,
    gets: () => undefined,
  };
  const subject = {
    key: 'SHA256-s7--k' as Key,
    file: { type: 'path', path } as const,
    locations: new Set(at as UUID[]),
    deadLocations: new Set<UUID>(),
    numCopies: 1,
    metadata: new Map(),
    urls: [],
    isUnused: false,
  };
  return planKey(subject, options);
}

function moves(sample: Case): Record<'get' | 'drop' | 'missing' | 'kept', string[]> {
  const { drop, get, kept, missing } = planOf(sample);
  return { get: [...get], drop: [...drop], missing: [...missing], kept: [...kept] };
}

const nothing = { get: [], drop: [], missing: [], kept: [] };

describe('one key', () => {
  test('those that want it get it, each counted before the next is judged', () => {
    const archive = { wants: 'not copies=archive:1', groups: ['archive'] };
    const repositories = { a: archive, b: archive, c: { wants: 'anything' }, d: {} };
    expect(moves({ repositories, at: ['d'] })).toEqual({ ...nothing, get: ['a', 'c'] });
    // The one that has it keeps it, and the other does not want it for that.
    expect(moves({ repositories, at: ['b', 'c'] })).toEqual(nothing);
  });

  test('those that do not want it drop it after others got it, while enough copies stay', () => {
    const repositories = { a: { wants: 'anything' }, b: { wants: 'nothing' }, c: { wants: 'nothing' } };
    expect(moves({ repositories, at: ['b', 'c'] })).toEqual({ ...nothing, get: ['a'], drop: ['b', 'c'] });
    expect(moves({ repositories, at: ['b', 'c'], keepCopies: 2 })).toEqual({
      ...nothing,
      get: ['a'],
      drop: ['b'],
      kept: ['c'],
    });
  });

  test('who would drop it as soon as others have it does not get it', () => {
    const transfer = { wants: 'not copies=pool:1' };
    const repositories = { a: transfer, b: { wants: 'anything', groups: ['pool'] }, c: {} };
    expect(moves({ repositories, at: ['c'] })).toEqual({ ...nothing, get: ['b'] });
    expect(moves({ repositories, at: ['c'], keepCopies: 3 })).toEqual({
      ...nothing,
      get: ['a', 'b'],
      kept: ['a'],
    });
  });

  test('what nobody has cannot be got, and untrusted copies do not count', () => {
    const repositories = {
      a: { wants: 'anything' },
      b: { wants: 'nothing' },
      u: { trust: 'untrusted' as const },
    };
    expect(moves({ repositories, at: [] })).toEqual({ ...nothing, missing: ['a'] });
    expect(planOf({ repositories: { ...repositories, a: {} }, at: ['b', 'u'] })).toMatchObject({
      kept: ['b'],
      copies: 1,
    });
  });

  test('what is required stays', () => {
    const repositories = { a: { wants: 'nothing', requires: 'include=*.raw' }, b: {} };
    expect(moves({ repositories, at: ['a', 'b'] })).toEqual({ ...nothing, drop: ['a'] });
    expect(moves({ repositories, at: ['a', 'b'], path: 'x.raw' })).toEqual(nothing);
  });
});

describe('a key of several files', () => {
  const repositories = { a: { wants: 'include=keep/*' }, b: { wants: 'include=want/*' }, c: {} };

  test('is got where any of them is wanted, and dropped where none is', () => {
    const first = planOf({ repositories, at: ['a', 'c'], path: 'other' });
    expect([...first.drop]).toEqual(['a']);
    expect(moves({ repositories, at: ['a', 'c'], path: 'want/x', before: first })).toEqual({
      ...nothing,
      get: ['b'],
      drop: ['a'],
    });
    expect(moves({ repositories, at: ['a', 'c'], path: 'keep/x', before: first })).toEqual(nothing);
  });

  test('stays dropped or got when a later one says nothing of it', () => {
    const wanted = planOf({ repositories, at: ['a', 'c'], path: 'keep/x' });
    expect(moves({ repositories, at: ['a', 'c'], path: 'other', before: wanted })).toEqual(nothing);
    const got = planOf({ repositories, at: ['c'], path: 'want/x' });
    expect(moves({ repositories, at: ['c'], path: 'other', before: got })).toEqual({
      ...nothing,
      get: ['b'],
    });
  });
});

describe('repositories that go and come', () => {
  const member = { wants: 'balanced=g:1', groups: ['g'] };

  test('what one that goes has is read from it, and counts as no copy', () => {
    const repositories = { a: member, b: member };
    expect(planOf({ repositories, at: ['a'], leaving: ['a'] })).toMatchObject({ copies: 1 });
    expect(moves({ repositories, at: ['a'], leaving: ['a'] })).toEqual({ ...nothing, get: ['b'] });
    expect(planOf({ repositories: { a: member, c: {} }, at: ['a'], leaving: ['a'] }).copies).toBe(0);
  });

  test('a new one wants what the members of its group want', () => {
    const added = (
      groups: string[],
      samples: Readonly<Record<string, RepositorySample>>,
    ): string | undefined =>
      withRepository(sampleRepositories(samples), { uuid: 'new' as UUID, groups }).preferred.get(
        'new' as UUID,
      );
    expect(added(['g'], { a: member, b: { groups: ['g'] } })).toBe('balanced=g:1');
    expect(added(['archive'], {})).toBe('standard');
    expect(() => added(['g'], {})).toThrow('what a new repository in g wants is not known');
    expect(() => added(['g'], { a: member, b: { ...member, wants: 'anything' } })).toThrow(
      'its members differ',
    );
  });
});
