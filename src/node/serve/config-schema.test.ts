// doc/serve/configuration.md has every word of the configuration, and no other.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { snippets } from '../../../test/support/doc-snippets.ts';
import { configSchema } from './config-schema.ts';
import { parseServeConfig } from './read-config.ts';

const page = await readFile(new URL('../../../doc/serve/configuration.md', import.meta.url), 'utf8');
const [example = ''] = await snippets('doc/serve/configuration.md', 'yaml');

/** What the schemas of valibot have in common, for a walk. */
interface AnySchema {
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly wrapped?: AnySchema;
  readonly item?: AnySchema;
  readonly options?: readonly AnySchema[];
  readonly value?: AnySchema;
  readonly type: string;
}

/** Dotted; names that users choose are NAME. */
function words(schema: AnySchema, path: readonly string[] = []): readonly string[] {
  const { type, entries = {}, wrapped, item, options, value } = schema;
  const here = path.length === 0 ? [] : [path.join('.')];
  const below = Object.entries(entries).flatMap(([word, entry]) => words(entry, [...path, word]));
  const same = [wrapped, item, ...(type === 'union' || type === 'variant' ? (options ?? []) : [])];
  const choices = same.flatMap((each) => (each === undefined ? [] : words(each, path)));
  const named = type === 'record' && value !== undefined ? words(value, [...path, 'NAME']) : [];
  return [...new Set([...here, ...below, ...choices, ...named])];
}

const known = words(configSchema);

test('the page explains each word once', () => {
  expect(known).toContain('users.external.keepSeconds');
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| [^|]*\| [^|]*\|$/gm)].map(([, word]) => word);
  expect(new Set(rows)).toEqual(new Set(known));
  expect(rows).toHaveLength(known.length);
});

test('its example has each word, and is right', () => {
  expect(parseServeConfig(example, 'annexus.yaml').closeSeconds).toBe(60);
  const given: unknown = parse(example);
  for (const word of known) expect([word, has([given], word.split('.'))]).toEqual([word, true]);
});

test.each([
  'README.md',
  'doc/serve/caddy.md',
  'doc/serve/forge.md',
  'doc/serve/nas.md',
  'doc/serve/nginx.md',
  'doc/serve/quick-start.md',
])('what %s shows is right', async (path) => {
  const shown = await snippets(path, 'yaml');
  expect(shown.length).toBeGreaterThan(0);
  for (const text of shown) expect(() => parseServeConfig(text, path)).not.toThrow();
});

/** Whether one of the values has it, in one of its elements where they are lists. */
function has(values: readonly unknown[], [word, ...rest]: readonly string[]): boolean {
  if (word === undefined) return true;
  const each = values.flat().filter((value) => typeof value === 'object' && value !== null);
  const below = each.flatMap((value) =>
    Object.entries(value as Record<string, unknown>).flatMap(([key, one]) =>
      word === 'NAME' || key === word ? [one] : [],
    ),
  );
  return below.length > 0 && has(below, rest);
}
