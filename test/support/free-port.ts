import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { RawConnection } from './raw-http.ts';

/**
 * A port that nobody listens on at this moment. It is none of those that the system takes for connections and for whoever
 * asks for any port, so that it is still free a little later, also while other test files run.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return await new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Resolves when somebody listens there, on 127.0.0.1. */
export async function untilListening(port: number): Promise<void> {
  for (let left = 500; ; left--) {
    try {
      (await RawConnection.open(port)).close();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
