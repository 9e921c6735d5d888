// doc/map.md leads from a concept of git-annex's documentation to the file here that holds it. A map that names
// what is not there is worse than none, so every path in our column has to exist.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const top = new URL('../../', import.meta.url);

test('every file that the map names exists', () => {
  const paths = mappedPaths(readFileSync(new URL('doc/map.md', top), 'utf8'));
  expect(paths).not.toHaveLength(0);
  expect(paths.filter((path) => !existsSync(new URL(path, top)))).toEqual([]);
});

test('every row of the map names a file', () => {
  const rows = tableRows(readFileSync(new URL('doc/map.md', top), 'utf8'));
  expect(rows.filter(([, ours = '']) => !/`[^`]+`/.test(ours))).toEqual([]);
});

function mappedPaths(markdown: string): readonly string[] {
  return tableRows(markdown).flatMap(([, ours = '']) =>
    [...ours.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
}

// The cells of each row, without the heading and the line under it.
function tableRows(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
