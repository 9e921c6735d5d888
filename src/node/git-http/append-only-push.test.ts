import { expect, test } from 'vitest';
import { readAppendOnlyPush } from './append-only-push.ts';

const none = '0'.repeat(40);
const one = 'A1'.repeat(20);
const two = 'b2'.repeat(20);

function pkt(line: string): string {
  return (Buffer.byteLength(line) + 4).toString(16).padStart(4, '0') + line;
}

function push(...commands: readonly string[]): string {
  const lines = commands.map((command, index) =>
    pkt(index === 0 ? `${command}\0 report-status` : `${command}\n`),
  );
  return `${lines.join('')}0000PACK…`;
}

async function* pieces(text: string, bytes: number): AsyncGenerator<Uint8Array, undefined> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield await Promise.resolve(all.subarray(at, at + bytes));
  return undefined;
}

async function refusedOf(text: string, bytes: number = text.length): Promise<readonly string[]> {
  const { refused, body } = await readAppendOnlyPush(pieces(text, bytes), { isPlain: true });
  const passed: Uint8Array[] = [];
  for await (const chunk of body) passed.push(chunk);
  expect(Buffer.concat(passed).toString()).toBe(text);
  return refused;
}

test.each<[what: string, command: string, refused: readonly string[]]>([
  ['a new branch', `${none} ${one} refs/heads/new`, []],
  ['a new tag', `${none} ${one} refs/tags/v1`, []],
  ['a branch that moves', `${one} ${two} refs/heads/main`, []],
  ['a tag that moves', `${one} ${two} refs/tags/v1`, ['refs/tags/v1']],
  ['a note that moves', `${one} ${two} refs/notes/commits`, ['refs/notes/commits']],
  ['what only looks like a branch', `${one} ${two} refs/headsx`, ['refs/headsx']],
  ['a branch that goes', `${one} ${none} refs/heads/main`, ['refs/heads/main']],
  ['a branch that goes, whatever it was', `${none} ${none} refs/heads/main`, ['refs/heads/main']],
  ['a tag that goes', `${one} ${none} refs/tags/é`, ['refs/tags/é']],
  ['what is no ref', `${one} ${two} HEAD`, ['refs']],
  ['a push certificate', 'push-cert', ['refs']],
  ['no command', 'hello', ['refs']],
])('%s', async (_, command, refused) => {
  expect(await refusedOf(push(command))).toEqual(refused);
});

test('several commands, in pieces of any size', async () => {
  const text = push(
    `${none} ${one} refs/tags/new`,
    `shallow ${one}`,
    `${one} ${none} refs/tags/a`,
    `${one} ${two} refs/tags/b`,
  );
  for (const bytes of [1, 2, 5, 1000])
    expect(await refusedOf(text, bytes)).toEqual(['refs/tags/a', 'refs/tags/b']);
});

test('everything is refused where the commands cannot be known', async () => {
  const ends = pkt(`${none} ${one} refs/heads/new`);
  expect(await refusedOf(ends)).toEqual(['refs']);
  expect(await refusedOf(`zzzz${ends}0000`)).toEqual(['refs']);
  expect(await refusedOf('')).toEqual(['refs']);
  const many = Array.from({ length: 5000 }, (_, index) => `${one} ${none} refs/tags/${index}`);
  expect(await refusedOf(push(...many))).toEqual(['refs']);
  const { refused } = await readAppendOnlyPush(pieces('', 1), { isPlain: false });
  expect(refused).toEqual(['refs']);
});
