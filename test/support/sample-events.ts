// Events as a server tells them, for tests of what reads them.
import type { NodeOperation, RequestEnded, Transfer } from '../../src/types/event.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import { nodeUUID } from './gateway-bench.ts';

export const sampleKey = parseKey('WORM-s1000-m1--file') as Key;

export function requestEvent(over: Partial<RequestEnded> = {}): RequestEnded {
  return {
    type: 'request',
    requestId: 'r-1',
    method: 'POST',
    path: `/git-annex/${nodeUUID(0)}/v4/checkpresent?key=${sampleKey}`,
    status: 200,
    startedMs: 1_700_000_000_000,
    durationMs: 12.3456,
    address: '192.0.2.7',
    user: undefined,
    repository: nodeUUID(0),
    bytesIn: 300,
    bytesOut: 200,
    hungUp: false,
    trace: undefined,
    ...over,
  };
}

export function operationEvent(over: Partial<NodeOperation> = {}): NodeOperation {
  return {
    type: 'node-operation',
    node: nodeUUID(0),
    operation: 'checkpresent',
    requestId: 'r-1',
    startedMs: 1_700_000_000_000,
    durationMs: 5,
    error: undefined,
    aborted: false,
    trace: undefined,
    ...over,
  };
}

export function sampleTransfer(over: Partial<Transfer> = {}): Transfer {
  return {
    direction: 'upload',
    node: nodeUUID(0),
    key: sampleKey,
    file: undefined,
    client: nodeUUID(9),
    requestId: 'r-1',
    startedMs: 1_700_000_000_000,
    offset: 0,
    lengthBytes: 1000,
    movedBytes: 0,
    ...over,
  };
}
