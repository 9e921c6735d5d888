import { expect, test } from 'vitest';
import { nodeUUID } from '../../../test/support/gateway-bench.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import {
  operationEvent,
  requestEvent,
  sampleKey,
  sampleTransfer,
} from '../../../test/support/sample-events.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { LiveState } from './live-state.ts';

const node = nodeUUID(0);

test('requests and transfers run from their beginning to their end', () => {
  const state = new LiveState(new ManualClock());
  const transfer = sampleTransfer();
  state.sink({ type: 'request-started', requestId: 'r-1', method: 'GET', path: '/' });
  state.sink({ type: 'transfer-started', transfer });
  expect(state.runningRequests).toBe(1);
  expect(state.transfers).toEqual([transfer]);
  state.sink({ type: 'transfer-ended', transfer, outcome: 'done' });
  state.sink(requestEvent());
  expect(state.runningRequests).toBe(0);
  expect(state.transfers).toEqual([]);
});

test('locks are held until they are released or run out, and those that are gone are forgotten', async () => {
  const clock = new ManualClock();
  const state = new LiveState(clock);
  const lock = { node, key: sampleKey, client: nodeUUID(1), untilMs: clock.now() + 1000, released: false };
  state.sink({ type: 'content-locked', lock });
  const released = { ...lock, released: true };
  state.sink({ type: 'content-locked', lock: released });
  expect(state.locks).toEqual([lock]);
  lock.untilMs += 1000;
  await clock.advance(1500);
  expect(state.locks).toEqual([lock]);
  await clock.advance(1000);
  expect(state.locks).toEqual([]);
});

test('a node is reachable by what it last answered, and its last failure is kept', () => {
  const clock = new ManualClock();
  const state = new LiveState(clock);
  expect(state.health(node)).toMatchObject({ reachable: undefined, lastFailure: undefined });
  state.sink(operationEvent());
  expect(state.health(node).reachable).toBe(true);
  state.sink(operationEvent({ error: new AnnexError('peer', 'cannot be reached'), aborted: true }));
  expect(state.health(node)).toMatchObject({ reachable: true, lastFailure: undefined });
  state.sink(operationEvent({ error: new AnnexError('peer', 'cannot be reached') }));
  expect(state.health(node)).toMatchObject({
    reachable: false,
    lastFailure: { operation: 'checkpresent', message: 'cannot be reached' },
  });
  // It said no to something, so it is there.
  state.sink(operationEvent({ error: new AnnexError('busy', 'another upload') }));
  expect(state.health(node).reachable).toBe(true);
  state.sink(operationEvent());
  expect(state.health(node)).toMatchObject({ reachable: true, lastFailure: { message: 'another upload' } });
});
