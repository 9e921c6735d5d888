// Changes location logs, commits, and looks at the sizes as fast as it can without end: NAME. Prints `looked` each time.
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import { parseKey } from '../../../src/types/key.ts';

const [, , name = ''] = process.argv;
const annex = await openAnnex('.', { clock: systemClock, rng: systemRng, events: () => undefined });
for (let round = 0; ; round++) {
  const key = parseKey(`SHA256-s${round}--${name}`);
  if (key === undefined) throw new Error(`${name} makes no key`);
  await annex.locations.logChange(key, { present: [annex.uuid], missing: [] });
  if (round % 3 === 0) await annex.branch.commit();
  await annex.sizes.sums.look();
  process.stdout.write('looked\n');
}
