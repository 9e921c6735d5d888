// A crowd of idle connections and slow readers, and beside it a client that behaves, timed before and meanwhile. Few of
// them here; 10,000 and 1,000 by `npm run soak -- idle`, which also leaves a page in doc/evidence/.
//
// Not shown by it: several such crowds one after the other at one server, whose memory has been seen to peak at 404 MiB; and
// crowds on a loopback interface with packets of 64 KiB, where the system itself ran short of memory for TCP.
import { expect, test } from 'vitest';
import { runIn, startIn, withTempDir } from '../support/git-annex.ts';
import { moreThan, peakMemory, takeCensus } from './scenario/census.ts';
import { Crowd, type CrowdReport } from './scenario/crowd.ts';
import { annexus, makeRepository, portOf, until } from './scenario/doors.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { measureSpeed, median, type Speed } from './scenario/normal-client.ts';
import { latestRelease } from './scenario/world.ts';

const soakRounds = process.env['ANNEXUS_SOAK_ROUNDS'];
const isSoak = soakRounds !== undefined;
const rounds = Number(soakRounds ?? 1);
const size = isSoak
  ? { idle: 10_000, slow: 1_000, bytes: 200_000_000, downloads: 4, requests: 1_000 }
  : { idle: 600, slow: 60, bytes: 20_000_000, downloads: 2, requests: 50 };

test(`${size.idle} idle connections and ${size.slow} slow readers`, { timeout: 3_600_000 }, async () => {
  await withTempDir(async (dir) => {
    const release = latestRelease();
    const { path, uuid, key } = await makeRepository(dir, 'served', release, size.bytes);
    const argv = [...annexus, '--wideopen', '-J2', '--bind', '127.0.0.1', '--port', '0'];
    const small = `/git-annex/${uuid}/v4/checkpresent?key=${key}&clientuuid=c`;
    const large = `/git-annex/${uuid}/v4/key/${key}?clientuuid=c`;

    const before: Speed[] = [];
    const meanwhile: Speed[] = [];
    const crowds: CrowdReport[] = [];
    const peaksMiB: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await using server = startIn(path, argv, { release });
      const port = await portOf(server);
      const pid = server.child.pid ?? 0;
      const measure = async (): Promise<Speed> => await measureSpeed({ port, large, small, ...size });
      await measure();
      const start = await takeCensus(path, [pid]);
      before.push(await measure());
      const crowd = await Crowd.come({ port, ...size, small: `POST ${small}`, large: `GET ${large}` });
      meanwhile.push(await measure());
      crowds.push(await crowd.leave());
      await until(async () => moreThan(start, await takeCensus(path, [pid])).length === 0);
      peaksMiB.push(await peakMemory(pid));
    }
    const ratio = (figure: keyof Speed): number =>
      median(meanwhile.map((speed) => speed[figure])) / median(before.map((speed) => speed[figure]));
    const link = (await runIn(dir, ['ip', '-o', 'link', 'show', 'lo'], { allow: 'any' })).stdout;
    const report = {
      'MTU of the loopback interface': Number(/ mtu (\d+)/.exec(link)?.[1]),
      rounds,
      'idle connections (silent, kept after a request, within their headers)': size.idle,
      'slow readers': size.slow,
      'ended by the server': crowds.map(({ ended }) => ended),
      'taken by the slow ones (bytes)': crowds.map(({ takenBytes }) => takenBytes),
      'before (MB/s)': before.map(({ megabytesPerSecond }) => Math.round(megabytesPerSecond)),
      'meanwhile (MB/s)': meanwhile.map(({ megabytesPerSecond }) => Math.round(megabytesPerSecond)),
      'before (requests/s)': before.map(({ requestsPerSecond }) => Math.round(requestsPerSecond)),
      'meanwhile (requests/s)': meanwhile.map(({ requestsPerSecond }) => Math.round(requestsPerSecond)),
      'speed kept, of downloads (medians)': Math.round(ratio('megabytesPerSecond') * 100) / 100,
      'speed kept, of small requests (medians)': Math.round(ratio('requestsPerSecond') * 100) / 100,
      'peak memory of each server, one a round (MiB)': peaksMiB,
    };
    console.log(JSON.stringify(report));
    expect(crowds.map(({ ended }) => ended)).toEqual(crowds.map(() => 0));
    // 300 MB.
    expect(Math.max(...peaksMiB)).toBeLessThan(286);
    if (!isSoak) return;
    expect(ratio('megabytesPerSecond')).toBeGreaterThanOrEqual(0.8);
    expect(ratio('requestsPerSecond')).toBeGreaterThanOrEqual(0.8);
    await writeEvidence('idle', report);
  });
});
