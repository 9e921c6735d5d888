// reserve-room NAME NODE ROOM COUNT: puts COUNT keys of 1000 bytes to a node, all at once, as long as there is room, when
// standard input ends; prints `ready`, and `stored KEY` for each.
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import type { Key } from '../../../src/types/key.ts';
import type { UUID } from '../../../src/types/uuid.ts';

const [, , name = '', node = '', room = '', count] = process.argv;
const uuid = node as UUID;
const annex = await openAnnex('.', { clock: systemClock, rng: systemRng, events: () => undefined });

async function upload(number: number): Promise<void> {
  const key = `SHA256-s1000--${name}${number}` as Key;
  const held = await annex.sizes.exclusively((sizes) =>
    (sizes.sizeOf(uuid) ?? 0n) + 1000n <= BigInt(room) ? sizes.reserve(key, [uuid]) : undefined,
  );
  if (held === undefined) return;
  await new Promise((resolve) => setTimeout(resolve, number % 7));
  await annex.locations.logChange(key, { present: [uuid], missing: [] });
  held.release();
  process.stdout.write(`stored ${key}\n`);
}

process.stdout.write('ready\n');
for await (const _ of process.stdin);
await Promise.all(Array.from({ length: Number(count) }, (_, number) => upload(number)));
await annex.close();
