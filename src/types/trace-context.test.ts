import { expect, test } from 'vitest';
import { seededRng } from '../../test/support/gateway-bench.ts';
import { childTrace, formatTraceparent, newTrace, parseTraceparent } from './trace-context.ts';

const header = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a traceparent is read and written as it was', () => {
  const trace = parseTraceparent(header);
  expect(trace).toMatchObject({ sampled: true, parentSpanId: undefined });
  expect(trace && formatTraceparent(trace)).toBe(header);
  expect(parseTraceparent(header.replace(/01$/, '00'))?.sampled).toBe(false);
  // A later version may say more.
  expect(parseTraceparent(`cc${header.slice(2)}-more`)?.traceId).toBe(trace?.traceId);
});

test.each([
  '',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  `${header}-more`,
  `${header} `,
])('%j is none', (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test('a child is of the same trace, and a new trace is no zero', () => {
  const first = newTrace(true, seededRng());
  const child = childTrace(first, seededRng(2));
  expect(child).toMatchObject({ traceId: first.traceId, parentSpanId: first.spanId, sampled: true });
  expect(child.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(
    parseTraceparent(formatTraceparent(newTrace(false, { bytes: (n) => new Uint8Array(n) }))),
  ).toBeDefined();
});
