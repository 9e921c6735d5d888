import { expect, test } from 'vitest';
import type { UUID } from '../types/uuid.ts';
import { deriveContext } from './derive-context.ts';
import type { Context } from './remote.ts';

const whole: Required<Context> = {
  clientUUID: 'c' as UUID,
  bypass: ['b' as UUID],
  associatedFile: 'a',
  requestId: 'r',
  trace: { traceId: 't', spanId: 's', isSampled: true } as unknown as NonNullable<Context['trace']>,
  signal: new AbortController().signal,
};

test('all that is not changed stays, whatever a context has', () => {
  expect({ ...deriveContext(whole, {}) }).toEqual(whole);
  const { signal } = new AbortController();
  expect({ ...deriveContext(whole, { requestId: 'other', signal }) }).toEqual({
    ...whole,
    requestId: 'other',
    signal,
  });
});

test('a signal that nobody asks for is not made', () => {
  let isMade = false;
  const lazy: Context = {
    ...whole,
    get signal() {
      isMade = true;
      return whole.signal;
    },
  };
  const derived = deriveContext(lazy, { requestId: 'other' });
  expect(isMade).toBe(false);
  expect(derived.signal).toBe(whole.signal);
});
