/**
 * A process that holds content locks for a conversation that ended without unlocking them (see start-lock-keeper.ts). It
 * takes the locks, says so, and lets go of each when its time is over.
 */

import process from 'node:process';
import { systemClock, systemRng } from '../../node/clock.ts';
import { GatewayHost } from '../../node/gateway/gateway-host.ts';
import { keeperReady, type KeptLocks } from './start-lock-keeper.ts';

async function keep(kept: KeptLocks): Promise<void> {
  const host = await GatewayHost.open(kept.gitDir, {
    clock: systemClock,
    rng: systemRng,
    events: () => undefined,
  });
  const remote = await host.resolve(kept.uuid);
  const signal = new AbortController().signal;
  const context = { clientUUID: host.annex.uuid, bypass: [], requestId: 'lock keeper', signal };
  try {
    const holding = kept.locks.map(async ({ key, untilMs }) => {
      const lock = await remote?.lockContent(key, context);
      if (lock?.locked !== true) throw new Error(`${key} cannot be locked`);
      return { lock, untilMs };
    });
    const held = await Promise.all(holding);
    process.stdout.end(keeperReady);
    for (const { lock, untilMs } of held) {
      const leftMs = Math.min(untilMs - systemClock.now(), longestMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
      await lock.release();
    }
  } finally {
    await host.close();
  }
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}

// Nobody's locks last longer.
const longestMs = 600_000;

void readInput().then(async (text) => await keep(JSON.parse(text) as KeptLocks));
