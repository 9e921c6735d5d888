// The most memory that a server has used: VmHWM of its process and of all that it has started and that still lives.
import { readFile } from 'node:fs/promises';
import { processTree } from '../test/support/process-tree.ts';

/** The sum of the peaks in MB (10^6 bytes); each process is counted with the pages that it shares. */
export async function peakMemoryMB(pid: number): Promise<number> {
  let kib = 0;
  for (const member of await processTree(pid)) kib += await peakKiB(member);
  return (kib * 1024) / 1e6;
}

async function peakKiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}
