// Looks at the sizes of the repository in the working directory, once and once more for each line on standard input, so
// that a benchmark can tell the time and memory. Prints one JSON object a look: { ms, peakMB, bytes }
import { createInterface } from 'node:readline';
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';

const annex = await openAnnex('.', { clock: systemClock, rng: systemRng, events: () => undefined });
const { sums } = annex.sizes;
await look();
for await (const _ of createInterface(process.stdin)) await look();
await annex.close();

async function look(): Promise<void> {
  const began = performance.now();
  await sums.look();
  const ms = performance.now() - began;
  const bytes = [...sums.all().values()].reduce((sum, amount) => sum + amount.bytes, 0n);
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6;
  process.stdout.write(`${JSON.stringify({ ms, peakMB, bytes: String(bytes) })}\n`);
}
