// change-and-look NAME: changes locations of the annex in the working directory, commits, and looks at the sizes of
// repositories without end; prints `looked` after each.
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import type { Key } from '../../../src/types/key.ts';

const annex = await openAnnex('.', { clock: systemClock, rng: systemRng, events: () => undefined });
for (let round = 0; ; round++) {
  const key = `SHA256-s${round}--${process.argv[2]}` as Key;
  await annex.locations.logChange(key, { present: [annex.uuid], missing: [] });
  if (round % 3 === 0) await annex.branch.commit();
  await annex.sizes.sums.look();
  process.stdout.write('looked\n');
}
