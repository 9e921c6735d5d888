// Puts keys of 1000 bytes to a node, all at once, as far as there is room: NAME NODE ROOM COUNT. Says `ready`, begins when
// standard input ends, and prints `stored KEY` for each that is logged.
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import { parseKey } from '../../../src/types/key.ts';
import { parseUUID } from '../../../src/types/uuid.ts';

const [, , name = '', nodeText = '', room = '', count = ''] = process.argv;
const node = parseUUID(nodeText);
if (node === undefined) throw new Error(`${nodeText} is no UUID`);
const annex = await openAnnex('.', { clock: systemClock, rng: systemRng, events: () => undefined });
process.stdout.write('ready\n');
for await (const _ of process.stdin);
await Promise.all(Array.from({ length: Number(count) }, (_, number) => upload(number)));
await annex.close();

async function upload(number: number): Promise<void> {
  const key = parseKey(`SHA256-s1000--${name}${number}`);
  if (key === undefined || node === undefined) return;
  const held = await annex.sizes.exclusively((sizes) =>
    (sizes.sizeOf(node) ?? 0n) + 1000n <= BigInt(room) ? sizes.reserve(key, [node]) : undefined,
  );
  if (held === undefined) return;
  await new Promise((resolve) => setTimeout(resolve, number % 7));
  await annex.locations.logChange(key, { present: [node], missing: [] });
  held.release();
  process.stdout.write(`stored ${key}\n`);
}
