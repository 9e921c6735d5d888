/** What the listener tells of a request: that it was begun, and what became of it. */

import type { RequestEnded, RequestStarted } from '../../types/event.ts';
import type { Exchange } from './exchange.ts';

export function requestStarted(exchange: Exchange): RequestStarted {
  const { id: requestId, method } = exchange;
  return { type: 'request-started', requestId, method, path: toldPath(exchange) };
}

export function requestEnded(exchange: Exchange, status: number): RequestEnded {
  const { socket } = exchange.message;
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
    bytesIn: socket.bytesRead - exchange.readBefore,
    bytesOut: socket.bytesWritten - exchange.writtenBefore,
    hungUp: exchange.hasHungUp,
    trace: exchange.trace,
  };
}

function toldPath({ message }: Exchange): string {
  return (message.url ?? '').slice(0, maxToldPath);
}

const maxToldPath = 2048;
