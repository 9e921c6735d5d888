import fc from 'fast-check';
import { expect, test } from 'vitest';
import { journalFile } from '../../logs/branch-path.ts';
import { isBranchPath, journalledPath } from './journal-file.ts';

test('paths of logs come back from the names of their journal files', () => {
  const paths = [
    'uuid.log',
    'group-preferred-content.log',
    'ea8/07e/SHA256E-s2--87.a_b__c.log',
    'ea8/07e/_X_--_.log',
  ];
  expect(paths.map((path) => journalledPath(journalFile(path)))).toEqual(paths);
});

test('property: whatever the name of a key is', () => {
  const name = fc.stringMatching(/^[_a-z.-]{1,12}$/).filter((text) => isBranchPath(text));
  fc.assert(
    fc.property(name, (text) => {
      expect(journalledPath(journalFile(`0af/9c1/${text}`))).toBe(`0af/9c1/${text}`);
    }),
  );
});

test('names that could lead out of the branch stand for none', () => {
  expect(['', '.', '..', 'a_.._b', '_etc', 'a_.git_b', 'a_'].map(journalledPath)).toEqual(
    Array.from({ length: 7 }, () => undefined),
  );
});
