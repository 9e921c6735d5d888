/**
 * Reads the configuration of `annexus serve`. Every mistake in it is told at once, with its line:
 *
 *     /etc/annexus.yaml:7:5: limits.perUser.requests: nobody knows this word
 *
 * Paths in it are relative to its own directory.
 */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { BaseIssue } from 'valibot';
import { isCollection, isMap, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { AnnexError } from '../../types/annex-error.ts';
import { checkConfig } from './config-schema.ts';
import type { ServeConfig } from './serve-config.ts';

export interface ReadConfig {
  readonly config: ServeConfig;
  /** Makes a path of the configuration absolute. */
  readonly resolvePath: (path: string) => string;
}

/** Throws AnnexError('config') with a line for each mistake. */
export async function readServeConfig(path: string): Promise<ReadConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new AnnexError('config', `${path} cannot be read: ${code ?? message}`, { cause: error });
  }
  const directory = dirname(resolve(path));
  return { config: parseServeConfig(text, path), resolvePath: (given) => resolve(directory, given) };
}

export function parseServeConfig(text: string, path: string): ServeConfig {
  if (text.length > maxLength || tooDeep.test(text)) {
    throw new AnnexError('config', `${path}: this is too long, or too deeply nested, for a configuration`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const mistakes = new Mistakes(path, lines);
  for (const { pos, message } of [...document.errors, ...document.warnings]) mistakes.add(pos[0], message);
  // A few lines of aliases can stand for more than there is memory for.
  visit(document, {
    Alias: (_, { range }) => mistakes.add(range?.[0] ?? 0, 'aliases are not taken'),
    Pair: (_, { key }) => {
      if (isCollection(key)) mistakes.add(key.range?.[0] ?? 0, 'a word is wanted before the colon');
    },
  });
  if (document.contents !== null && !isMap(document.contents)) {
    mistakes.add(document.contents.range[0], 'words with values are wanted, such as listen: 127.0.0.1:9417');
  }
  mistakes.throwIfAny();
  const checked = checkConfig(document.toJS() ?? {});
  if ('config' in checked) return checked.config;
  for (const issue of checked.issues) addIssue(mistakes, document, issue);
  mistakes.throwIfAny();
  throw new AnnexError('invariant', `${path} is wrong, and nobody knows where`);
}

// What the parser of YAML takes minutes for: a thousand levels in a few lines.
const maxLength = 1_000_000;
const tooDeep = /(?:[?:-][ \t]+|[[{][ \t]*){64}/;

function addIssue(mistakes: Mistakes, document: Document, issue: BaseIssue<unknown>): void {
  const keys = (issue.path ?? []).map(({ key }) => key);
  const place = keys.length === 0 ? '' : `${keys.join('.')}: `;
  mistakes.add(offsetOf(document, keys), `${place}${wordsOf(issue)}`);
}

/** Where a value stands, or the key of one that nobody knows, or what it is missing from. */
function offsetOf(document: Document, keys: readonly unknown[]): number {
  for (let length = keys.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true);
    const key = keyNode(parent, keys[length - 1]) ?? document.getIn(keys.slice(0, length), true);
    const start = (key as Node | undefined)?.range?.[0];
    if (start !== undefined) return start;
  }
  return 0;
}

function keyNode(parent: unknown, key: unknown): Node | undefined {
  if (typeof parent !== 'object' || parent === null || !('items' in parent)) return undefined;
  const items = parent.items as readonly { readonly key?: Node & { readonly value?: unknown } }[];
  return items.find((item) => item.key?.value === key)?.key;
}

function wordsOf(issue: BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') {
    return issue.expected === 'never' ? 'nobody knows this word' : 'it is missing, and needed';
  }
  // What the schema says in words of its own.
  if (issue.kind === 'validation' || issue.type === 'picklist' || issue.type === 'variant')
    return issue.message;
  return `${issue.expected ?? 'something else'} is wanted, not ${issue.received}`;
}

class Mistakes {
  readonly #path: string;
  readonly #lines: LineCounter;
  readonly #found: { readonly offset: number; readonly message: string }[] = [];

  constructor(path: string, lines: LineCounter) {
    this.#path = path;
    this.#lines = lines;
  }

  add(offset: number, message: string): void {
    this.#found.push({ offset, message });
  }

  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const told = [...this.#found].sort((one, other) => one.offset - other.offset);
    const texts = told.map(({ offset, message }) => {
      const { line, col } = this.#lines.linePos(offset);
      return `${this.#path}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${message.split('\n')[0] ?? ''}`;
    });
    throw new AnnexError('config', texts.join('\n'));
  }
}
