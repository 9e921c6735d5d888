// Stops itself (SIGSTOP) while it judges sizes and so holds their lock. Prints `went on` after SIGCONT.
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';

const annex = await openAnnex('.', { clock: systemClock, rng: systemRng, events: () => undefined });
await annex.sizes.exclusively(() => process.kill(process.pid, 'SIGSTOP'));
process.stdout.write('went on\n');
await annex.close();
