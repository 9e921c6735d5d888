// Where the repositories of the benchmark lie: in memory (Linux's shared memory file system) if it has room for them, and
// how fast a place takes what is written and flushed.
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Undefined where there is no such place, or too little room in it. */
export async function memoryBackedDir(): Promise<string | undefined> {
  const dir = process.env['BENCH_DIR'] ?? '/dev/shm';
  const there = await statfs(dir).catch(() => undefined);
  return there !== undefined && there.bavail * there.bsize > neededBytes ? dir : undefined;
}

/** MB/s of 400 MB written in one piece after the other and flushed at the end. */
export async function flushRate(dir: string): Promise<number> {
  const path = join(dir, 'flushed');
  const piece = Buffer.alloc(pieceBytes, 'annexus ');
  const file = await open(path, 'w');
  try {
    const begin = performance.now();
    for (let at = 0; at < flushedBytes; at += pieceBytes) await file.write(piece, 0, pieceBytes, at);
    await file.datasync();
    return flushedBytes / 1e3 / (performance.now() - begin);
  } finally {
    await file.close();
    await rm(path);
  }
}

// Three copies of the data, and what is uploaded.
const neededBytes = 6e9;
const flushedBytes = 400e6;
const pieceBytes = 1e6;
