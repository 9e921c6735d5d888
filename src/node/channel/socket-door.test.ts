// A door with many visitors at once.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SocketDoor } from './socket-door.ts';

test('many connections at once are no leak, and end with the door', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'annexus-door-'));
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  try {
    let served = 0;
    const path = join(directory, 'door.sock');
    const door = await SocketDoor.open({ path }, async (_socket, signal) => {
      served++;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    });
    const visitors = Array.from({ length: 30 }, () => connect(path).resume());
    await Promise.all(visitors.map((visitor) => once(visitor, 'connect')));
    const ended = Promise.all(visitors.map((visitor) => once(visitor, 'close')));
    while (served < visitors.length) await new Promise((resolve) => setImmediate(resolve));
    await door.close();
    await ended;
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', warned);
    await rm(directory, { recursive: true });
  }
});
