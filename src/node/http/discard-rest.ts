/**
 * What is left of a request's body once the reply is sent: the client may well send it before it looks at the reply, so
 * it is read and thrown away, up to a bound; a client that goes on is cut off. A reply whose end was put off is ended.
 */

import type { Exchange } from './exchange.ts';

export function discardRest(exchange: Exchange): void {
  const { message, response, socket } = exchange;
  const end = (): void => {
    if (!response.writableEnded) response.end();
  };
  if (message.readableEnded || (message.complete && !exchange.bodyTouched)) {
    end();
    return;
  }
  let leftBytes = maxDiscardedBytes;
  message.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) socket.destroy();
  });
  message.on('end', end);
  message.on('error', () => undefined);
  message.resume();
}

const maxDiscardedBytes = 16 * 1024 * 1024;
