import { expect, test } from 'vitest';
import { CatFileParser } from './cat-file-parser.ts';

const id = 'a'.repeat(40);
const other = 'b'.repeat(40);
const output = Buffer.from(
  `${id} blob 5\nab\ncd\nrefs/x:no such path missing\n${other} tree 0\n\n${id} blob 12\n0123456789ab\n`,
  'latin1',
);
const expected = [`${id} blob ab\ncd`, 'missing', `${other} tree `, 'too-large'];

test.each([output.length, 7, 2, 1])('answers in order, fed %i bytes at a time', (size) => {
  const answers: string[] = [];
  const parser = new CatFileParser(10);
  for (let at = 0; at < output.length; at += size) {
    parser.push(output.subarray(at, at + size), (answer) =>
      answers.push(
        typeof answer === 'string'
          ? answer
          : `${answer.id} ${answer.type} ${Buffer.from(answer.bytes).toString('latin1')}`,
      ),
    );
  }
  expect(answers).toEqual(expected);
});

test('output that makes no sense is an error', () => {
  const parser = new CatFileParser(10);
  expect(() => parser.push(Buffer.from('what is this\n'), () => undefined)).toThrow(/what is this/);
  expect(() => new CatFileParser(10).push(Buffer.alloc(70_000, 97), () => undefined)).toThrow(/endless/);
});
