// The most memory that a server has used: VmHWM of its process and of all that it has started and that still lives.
import { readdir, readFile } from 'node:fs/promises';

/** The sum of the peaks in MB (10^6 bytes); each process is counted with the pages that it shares. */
export async function peakMemoryMB(pid: number): Promise<number> {
  let kib = 0;
  for (const member of await tree(pid)) kib += await peakKiB(member);
  return (kib * 1024) / 1e6;
}

async function tree(top: number): Promise<Set<number>> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0));
  }
  const found = new Set([top]);
  for (let grew = true; grew; ) {
    const children = [...parents].filter(([pid, parent]) => found.has(parent) && !found.has(pid));
    for (const [pid] of children) found.add(pid);
    grew = children.length > 0;
  }
  return found;
}

async function peakKiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}
