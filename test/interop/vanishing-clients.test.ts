// Clients that say half of something and vanish, beside slow ones and a stock git-annex; see scenario/vanishing-clients.ts.
// Some here, with waiting cut short, and a thousand by `npm run soak -- vanishing-clients`, which also leaves a page in
// doc/evidence/.
import { expect, test } from 'vitest';
import { writeEvidence } from './scenario/evidence.ts';
import { withThreeWays } from './scenario/three-ways.ts';
import { vanishingClients } from './scenario/vanishing-clients.ts';
import { latestRelease } from './scenario/world.ts';

const soakClients = process.env['ANNEXUS_SOAK_CLIENTS'];
const isSoak = soakClients !== undefined;
// Every kind of client vanishes in two ways here.
const clients = Number(soakClients ?? 44);

test(`${clients} clients vanish`, { timeout: isSoak ? 3_600_000 : 120_000 }, async () => {
  const release = latestRelease();
  // In the long run only locks end before their time.
  const limits = isSoak ? 'lock=150' : 'lock=8 stall=2 patience=5 idle=1';
  await withThreeWays({ release, limits }, async (world) => {
    const report = await vanishingClients({
      world,
      release,
      clients,
      sshClients: isSoak ? 48 : 3,
      pace: isSoak ? { everyMs: 2_000, forMs: 180_000 } : { everyMs: 300, forMs: 2_500 },
      isThorough: isSoak,
      cutOffMs: isSoak ? 370_000 : 9_000,
      limitMs: isSoak ? 300_000 : 30_000,
      onProgress: (text) => {
        if (isSoak) console.log(text);
      },
    });
    console.log(JSON.stringify(report), report.wrong.length > 0 ? world.server.stderr().slice(-4000) : '');
    expect(report.wrong).toEqual([]);
    if (isSoak) await writeEvidence('vanishing-clients', { limits, ...report });
  });
});
