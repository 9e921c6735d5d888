/** What the listener tells of a request: that it was begun, and what became of it. */

import type { Socket } from 'node:net';
import type { RequestEnded, RequestStarted } from '../../types/event.ts';
import type { Exchange } from './exchange.ts';

export function requestStarted(exchange: Exchange): RequestStarted {
  const { id: requestId, method } = exchange;
  return { type: 'request-started', requestId, method, path: toldPath(exchange) };
}

export function requestEnded(exchange: Exchange, status: number): RequestEnded {
  const { socket } = exchange;
  const { bytesRead, bytesWritten } = socket;
  const before = moved.get(socket) ?? nothing;
  moved.set(socket, { bytesRead, bytesWritten });
  const durationMs = performance.now() - exchange.startedMs;
  return {
    type: 'request',
    requestId: exchange.id,
    method: exchange.method,
    path: toldPath(exchange),
    status,
    startedMs: Date.now() - durationMs,
    durationMs,
    address: exchange.address,
    user: exchange.user,
    repository: exchange.repository,
    bytesIn: bytesRead - before.bytesRead,
    bytesOut: bytesWritten - before.bytesWritten,
    hungUp: exchange.hasHungUp,
    trace: exchange.trace,
  };
}

function toldPath({ message }: Exchange): string {
  return (message.url ?? '').slice(0, maxToldPath);
}

interface Moved {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What had gone over a connection when the last of its requests ended: they are served one after the other. */
const moved = new WeakMap<Socket, Moved>();
const nothing: Moved = { bytesRead: 0, bytesWritten: 0 };
const maxToldPath = 2048;
