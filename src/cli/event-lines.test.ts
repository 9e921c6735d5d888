// What an operator sees of events, and how often.
import { describe, expect, test } from 'vitest';
import { nodeUUID } from '../../test/support/gateway-bench.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Event, EventSink } from '../types/event.ts';
import { eventLines } from './event-lines.ts';

function setUp(debug: boolean = false): { lines: string[]; clock: ManualClock; sink: EventSink } {
  const lines: string[] = [];
  const clock = new ManualClock();
  const err = (text: string): void => void lines.push(text.trimEnd());
  const terminal = {
    out: () => undefined,
    err,
    isOutputGone: () => false,
    isOutputTerminal: false,
    input: async function* () {},
    cwd: '/',
    env: {},
  };
  return { lines, clock, sink: eventLines(terminal, { debug, clock }) };
}

const failed = (node: number, message: string): Event => ({
  type: 'node-failed',
  node: nodeUUID(node),
  operation: 'store',
  error: new AnnexError('peer', message),
});

describe('event lines', () => {
  test('a node that is away is told of once in ten seconds, whichever keys are asked for', async () => {
    const { lines, clock, sink } = setUp();
    for (let count = 0; count < 500; count++) sink(failed(0, `cannot take SHA256-s1--${count} now`));
    sink(failed(1, 'cannot take SHA256-s1--1 now'));
    sink(failed(0, 'disk is full'));
    expect(lines).toHaveLength(3);
    await clock.advance(11_000);
    sink(failed(0, 'cannot take SHA256-s1--x now'));
    expect(lines[3]).toMatch(/ \(and 499 times more since it was last told\)$/);
  });

  test('clients that hang up are not a line each', () => {
    const { lines, sink } = setUp();
    for (let count = 0; count < 100; count++) {
      sink({
        type: 'request-failed',
        requestId: `${count}`,
        error: new AnnexError('peer', 'the client hung up'),
      });
    }
    expect(lines).toEqual(['annexus: request 0 failed: the client hung up']);
  });

  test('many different failures are kept in bounded memory', () => {
    const { lines, sink } = setUp();
    for (let count = 0; count < 5000; count++) sink(failed(0, 'x'.repeat(count)));
    expect(lines.length).toBeGreaterThan(900);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1200);
  });

  test('nothing in a message steers a terminal', () => {
    const { lines, sink } = setUp();
    sink(failed(0, 'a\u001b[2Jb\r\nc\u009bd'));
    expect(lines[0]).toMatch(/: a\?\[2Jb\?\?c\?d$/);
  });

  test('debugging tells everything', () => {
    const { lines, sink } = setUp(true);
    for (let count = 0; count < 100; count++) sink(failed(0, 'away'));
    sink({ type: 'branch-merged', repository: nodeUUID(0), refs: ['a'] });
    expect(lines).toHaveLength(101);
  });
});
