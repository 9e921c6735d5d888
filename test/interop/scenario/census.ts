// What runs and what is open, as /proc tells: to be compared before and after.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { processTree } from '../../support/process-tree.ts';

export interface Census {
  /** How many processes there are of each program. */
  readonly processes: Readonly<Record<string, number>>;
  /** How many descriptors of each kind the watched processes have open together. */
  readonly descriptors: Readonly<Record<string, number>>;
}

/** All processes whose command lines name the directory, with all that they started; and the descriptors of `watched`. */
export async function takeCensus(dir: string, watched: readonly number[]): Promise<Census> {
  const tops = [...watched];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(dir)) tops.push(Number(name));
  }
  const programs: string[] = [];
  for (const pid of await processTree(...tops)) {
    const program = (await readFile(`/proc/${pid}/comm`, 'latin1').catch(() => '')).trim();
    if (program !== '') programs.push(program);
  }
  const kinds: string[] = [];
  for (const pid of watched) kinds.push(...(await descriptorsOf(pid)));
  return { processes: countEach(programs), descriptors: countEach(kinds) };
}

/** Of what `after` has more than `before`, as lines of text. */
export function moreThan(before: Census, after: Census): readonly string[] {
  return (['processes', 'descriptors'] as const).flatMap((what) =>
    Object.entries(after[what])
      .filter(([name, count]) => count > (before[what][name] ?? 0))
      .map(([name, count]) => `${what}: ${count} x ${name}, ${before[what][name] ?? 0} before`),
  );
}

/** The most memory that a process has had, in MiB. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
}

async function descriptorsOf(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  const kinds: string[] = [];
  for (const name of await readdir(folder)) {
    const place = await readlink(`${folder}/${name}`).catch(() => undefined);
    if (place === undefined) continue;
    kinds.push(
      /^(socket|pipe|anon_inode)\b/.exec(place)?.[1] ?? (place.startsWith('/dev/') ? 'device' : 'file'),
    );
  }
  return kinds;
}

function countEach(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
