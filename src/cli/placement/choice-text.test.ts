import { expect, test } from 'vitest';
import { repositoriesWith, subjectWith, type MadeUp } from '../../../test/support/repositories.ts';
import type { JudgedTerm } from '../../preferred-content/explain.ts';
import { PreferredContent } from '../../preferred-content/preferred-content.ts';
import type { Subject } from '../../preferred-content/subject.ts';
import type { UUID } from '../../types/uuid.ts';
import { choiceJSON, choiceLines } from './choice-text.ts';

const [a, b, c] = ['aaaa', 'bbbb', 'cccc'] as [UUID, UUID, UUID];
const groups = new Map([a, b, c].map((uuid) => [uuid, new Set(['g'])]));
const full = { maxSizes: new Map([[c, 10n]]), sizes: new Map([[c, 10n]]) };

test.each<[string, Partial<Subject>, MadeUp, string]>([
  ['balanced=g', {}, {}, 'picks <aaaa> of <aaaa>, <bbbb>, <cccc>'],
  ['fullybalanced=g:2', {}, {}, 'picks <aaaa>, <bbbb> of <aaaa>, <bbbb>, <cccc>'],
  ['balanced=g:2', {}, full, 'picks <bbbb>, <aaaa> of <aaaa>, <bbbb>, <cccc> (<cccc> has no room)'],
  [
    'balanced=g',
    { locations: new Set([a]) },
    full,
    'it is there and stays; would pick <bbbb> of <aaaa>, <bbbb>, <cccc> (<cccc> has no room)',
  ],
  [
    'balanced=g',
    { locations: new Set([b]) },
    {},
    'there are enough copies; would pick <aaaa> of <aaaa>, <bbbb>, <cccc>',
  ],
  ['balanced=g', { locations: new Set([a]) }, { rebalance: true }, 'picks <aaaa> of <aaaa>, <bbbb>, <cccc>'],
  ['fullybalanced=g:0', {}, full, 'picks none of <aaaa>, <bbbb>, <cccc>: no more copies are wanted there'],
  [
    'sizebalanced=g',
    {},
    { maxSizes: new Map([[a, 9000n]]) },
    'picks <aaaa>, with the largest share of maxsize free, of <aaaa>, <bbbb>, <cccc> (<bbbb>, <cccc> have no maxsize)',
  ],
  [
    'sizebalanced=g',
    {},
    { ...full, unavailable: new Set([a]) },
    'picks nobody of <aaaa>, <bbbb>, <cccc> (<cccc> has no room; <bbbb> has no maxsize; <aaaa> has no connection)',
  ],
  ['balanced=other', {}, {}, 'nobody is in the group other'],
])('%s', (expression, subject, made, text) => {
  expect(choiceLines(termsOf(expression, subject, made), (uuid) => `<${uuid}>`)).toEqual([
    `${expression}: ${text}`,
  ]);
});

test('as JSON', () => {
  const [term] = termsOf('balanced=g:2', { locations: new Set([a]) }, full);
  expect(term?.choice === undefined ? undefined : choiceJSON(term.choice, (uuid) => `<${uuid}>`)).toEqual({
    bysize: false,
    count: 2,
    group: 'g',
    members: [
      { description: '<aaaa>', picked: true, uuid: a },
      { description: '<bbbb>', picked: true, uuid: b },
      { barred: 'no-room', description: '<cccc>', picked: false, uuid: c },
    ],
    settled: 'present',
  });
});

function termsOf(expression: string, subject: Partial<Subject>, made: MadeUp): readonly JudgedTerm[] {
  const repositories = repositoriesWith({ groups, preferred: new Map([[a, expression]]), ...made });
  const verdict = new PreferredContent(repositories).wantsGet(a, subjectWith(subject), { otherwise: true });
  return verdict.explain().terms;
}
