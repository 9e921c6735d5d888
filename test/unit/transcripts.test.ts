// The format of fixtures/p2p: reading, writing, and refusing what is none of it.
import { describe, expect, test } from 'vitest';
import { formatTranscript } from '../interop/transcripts/format-transcript.ts';
import { contentBytes, fillIn, namedContent, withNames } from '../interop/transcripts/names.ts';
import { parseTranscript } from '../interop/transcripts/parse-transcript.ts';
import { answersOf } from '../interop/transcripts/transcript.ts';

const text = `# What it shows.
repository: plain

== one
content: hello 19 bytes .txt
S: AUTH-SUCCESS <UUID plain>
C: PUT  <KEY hello>
S[stable]: PUT-FROM 0
S[latest]: ALREADY-HAVE
C: DATA 19
C+ hello 0..19
C~ VAL
C:
S: (nothing)
# A comment.
C: GET 0  <KEY hello>
S: DATA 19
S+ hello 0..19
A[some-difference]: ERROR no
C: (end)
S: (exit 0)

== two
C: REMOVE x
S: (exit 1) content is locked
A[some-difference]: FAILURE
C: (end)
A[some-difference]: (exit 0)
`;

describe('parseTranscript', () => {
  const transcript = parseTranscript('x', text);

  test('what is read is written the same', () => {
    expect(formatTranscript(transcript)).toBe(text);
  });

  test('answers are those of a server', () => {
    const answers = transcript.conversations[0]!.steps.filter((step) => step.type === 'hear');
    expect(answers.map((step) => answersOf(step.answers, 'stable'))).toEqual([
      ['AUTH-SUCCESS <UUID plain>'],
      ['PUT-FROM 0'],
      ['(nothing)'],
      ['DATA 19', '+hello 0..19'],
      ['(exit 0)'],
    ]);
    expect(answersOf(answers[1]!.answers, 'annexus')).toEqual(['ALREADY-HAVE']);
    expect(answersOf(answers[3]!.answers, 'annexus')).toEqual(['ERROR no']);
  });

  test('there is a place for answers after git-annex has ended', () => {
    const ended = parseTranscript('x', '== one\nC: REMOVE x\nS: (exit 1)\nC: CHECKPRESENT x\nC: (end)\n');
    const types = ended.conversations[0]!.steps.map(({ type }) => type);
    expect(types).toEqual(['send', 'hear', 'send', 'hear', 'end', 'hear']);
  });

  test.each([
    ['an unknown setting', 'colour: red\n'],
    ['an unknown line', '== one\nC: x\nB: y\nS: z\n'],
    ['an unknown release', '== one\nC: x\nS[oldest]: z\n'],
    ['a difference without a name', '== one\nC: x\nA: z\n'],
    ['answers of both and of one', '== one\nC: x\nS: y\nS[stable]: z\n'],
    ['a title twice', '== one\nC: x\nS: y\n\n== one\nC: x\nS: y\n'],
  ])('%s is refused', (_, bad) => {
    expect(() => parseTranscript('x', bad)).toThrow(/line|same title/);
  });
});

describe('names', () => {
  const uuids = new Map([
    ['a', '10000000-0000-4000-8000-000000000000'],
    ['b', '10000000-0000-4000-8000-000000000001'],
  ]);
  const dirs = new Map([
    ['node', '/x/node'],
    ['node2', '/x/node2'],
  ]);
  const hello = namedContent('seed', 'hello 19 bytes .txt');
  const names = { uuids, dirs, contents: [hello, namedContent('seed', 'other 5 bytes as WORM-s5--<SEED>')] };

  test('are filled in', () => {
    expect(hello.key).toMatch(/^SHA256E-s19--[0-9a-f]{64}\.txt$/);
    expect(fillIn('PUT  <KEY hello> <UUID a> <DIR node> <BYTE ff>', names)).toBe(
      `PUT  ${hello.key} ${uuids.get('a')} /x/node \u00ff`,
    );
    expect(fillIn('<REPEAT x 5>', names)).toBe('xxxxx');
    expect(fillIn('<KEY other>', names)).toMatch(/^WORM-s5--[0-9a-f]{16}$/);
    expect(contentBytes('hello 5..19', names)).toEqual(hello.bytes.subarray(5));
    expect(() => fillIn('<KEY nothing>', names)).toThrow('unknown name <KEY nothing>');
    expect(() => contentBytes('hello', names)).toThrow('no part of a content: hello');
  });

  test('come back, and UUIDs in order', () => {
    expect(withNames(`FAILURE-PLUS ${uuids.get('b')} ${uuids.get('a')}`, names)).toBe(
      'FAILURE-PLUS <UUID a> <UUID b>',
    );
    expect(withNames(`in /x/node2/${hello.key}`, names)).toBe('in <DIR node2>/<KEY hello>');
    expect(withNames('TIMESTAMP 5', names)).toBe('TIMESTAMP 5');
    expect(withNames(fillIn('TIMESTAMP <NOW -5>', names), names)).toBe('TIMESTAMP <NOW>');
  });
});
