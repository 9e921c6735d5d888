// A process of its own that looks at the sizes of the repository in DIR, so that its time and memory can be told. Looks
// once, and once more for each line on standard input; prints one JSON object a look:
//
//   { ms, peakMB, bytes }
import { createInterface } from 'node:readline';
import { openAnnex } from '../dist/node/annex/open-annex.js';
import { systemClock, systemRng } from '../dist/node/clock.js';

const annex = await openAnnex(process.argv[2] ?? '.', {
  clock: systemClock,
  rng: systemRng,
  events: () => undefined,
});
const { sums } = annex.sizes;
await look();
for await (const _ of createInterface(process.stdin)) await look();
await annex.close();

async function look() {
  const began = performance.now();
  await sums.look();
  const ms = performance.now() - began;
  const bytes = [...sums.all().values()].reduce((sum, amount) => sum + amount.bytes, 0n);
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6;
  process.stdout.write(`${JSON.stringify({ ms, peakMB, bytes: String(bytes) })}\n`);
}
