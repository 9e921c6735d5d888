// Gateways of one cluster on hosts of their own, one of them real git-annex, whose links are cut for a while; see
// scenario/gateways-apart.ts for what has to hold. Seconds here, a minute by `npm run soak -- gateways`, which also leaves a
// page in doc/evidence/.
import { expect, test } from 'vitest';
import { withTempDir } from '../support/git-annex.ts';
import { whyNoNetwork } from '../support/network.ts';
import { exerciseApart } from './scenario/gateways-apart.ts';
import { startGateways, type GatewayName } from './scenario/gateways.ts';
import { latestRelease } from './scenario/world.ts';

const soakSeconds = process.env['ANNEXUS_SOAK_CUT_SECONDS'];
const cutSeconds = Number(soakSeconds ?? 5);
const names = (process.env['NAMES'] ?? 'up p2phttp real').split(' ') as GatewayName[];

test(`${names.length} gateways`, { timeout: 600_000 }, async () => {
  await withTempDir(async (dir) => {
    const t0 = performance.now();
    const at = (): string => ((performance.now() - t0) / 1000).toFixed(1);
    await using gateways = await startGateways({ dir, names, release: latestRelease() });
    console.log(`made ${at()}`);
    const report = await exerciseApart({ gateways, cutSeconds, onProgress: (what) => console.log(at(), what.slice(0, 700)) });
    console.log(JSON.stringify(report, undefined, 1));
    if (process.env['LOG']) for (const s of gateways.sides) console.log(s.name, s.log().split('\n').filter((l) => /failed|cannot|annexus:|STM/.test(l)).map((l) => l.slice(0, 500)).join('\n'));
    expect(report.wrong).toEqual([]);
  });
});
