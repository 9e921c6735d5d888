// Gateways of one cluster on hosts of their own, one of them real git-annex, whose links are cut for a while; see
// scenario/gateways-apart.ts for what has to hold. Two gateways and seconds here; two, then three, and a minute each by
// `npm run soak -- gateways`, which also leaves a page in doc/evidence/.
import { describe, expect, test } from 'vitest';
import { withTempDir } from '../support/git-annex.ts';
import { whyNoNetwork } from '../support/network.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { exerciseApart, type ApartReport } from './scenario/gateways-apart.ts';
import { quickLimits, startGateways, type GatewayName } from './scenario/gateways.ts';
import { latestRelease } from './scenario/world.ts';

const soakSeconds = process.env['ANNEXUS_SOAK_CUT_SECONDS'];
const cutSeconds = Number(soakSeconds ?? 5);
const two: readonly GatewayName[] = ['up', 'real'];
const three: readonly GatewayName[] = ['up', 'p2phttp', 'real'];
const without = whyNoNetwork();

async function exercise(names: readonly GatewayName[]): Promise<ApartReport> {
  return await withTempDir(async (dir) => {
    const release = latestRelease();
    const sshOptions = soakSeconds === undefined ? { sshOptions: quickLimits } : {};
    await using gateways = await startGateways({ dir, names, release, ...sshOptions });
    const progress: string[] = [];
    const onProgress = (what: string): void => {
      progress.push(what);
      if (soakSeconds !== undefined) console.log(what);
    };
    const report = await exerciseApart({ gateways, cutSeconds, onProgress });
    console.log(JSON.stringify(report));
    if (report.wrong.length > 0) {
      console.log(
        [...progress, ...gateways.sides.map(({ name, log }) => `--- ${name}\n${log()}`)].join('\n'),
      );
    }
    expect(report.wrong).toEqual([]);
    return report;
  });
}

// In CI it must be possible: there the attempt fails with the reason.
describe.skipIf(without !== undefined && (process.env['CI'] ?? '') === '')('gateways apart', () => {
  test(`links are cut for ${cutSeconds} s`, { timeout: 300_000 + cutSeconds * 6000 }, async () => {
    expect(without).toBeUndefined();
    const reports = new Map([['two', await exercise(two)]]);
    if (soakSeconds === undefined) return;
    reports.set('three', await exercise(three));
    const figures: Record<string, unknown> = { cutSeconds };
    for (const [count, report] of reports) {
      for (const [name, value] of Object.entries(report)) figures[`${count}: ${name}`] = value;
    }
    await writeEvidence('gateways', figures);
  });
});
