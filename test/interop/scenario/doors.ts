// What the tests of the doors of `annexus p2phttp` have in common.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annexusProgram, runIn, type Release, type Running } from '../../support/git-annex.ts';
import { RawConnection } from '../../support/raw-http.ts';

export const annexus: readonly string[] = [process.execPath, annexusProgram, 'p2phttp'];

/** A repository with one file of so many bytes. */
export async function makeRepository(
  dir: string,
  name: string,
  release: Release,
  bytes = 100,
): Promise<Made> {
  const at = join(dir, name);
  await runIn(dir, ['git', 'init', '--quiet', name], { release });
  await runIn(at, ['git', 'annex', 'init', name], { release });
  await writeFile(join(at, 'file'), randomBytes(bytes));
  await runIn(at, ['git', 'annex', 'add', '--quiet', 'file'], { release });
  await runIn(at, ['git', 'commit', '--quiet', '-m', 'file'], { release });
  const said = async (...argv: readonly string[]): Promise<string> =>
    (await runIn(at, argv, { release })).stdout.trim();
  return {
    path: at,
    uuid: await said('git', 'config', 'annex.uuid'),
    key: await said('git', 'annex', 'lookupkey', 'file'),
  };
}

export interface Made {
  readonly path: string;
  readonly uuid: string;
  readonly key: string;
}

/** The port of `http://…:PORT/` or `https://…` that a server says it listens on. */
export async function portOf(server: Running): Promise<number> {
  return Number((await server.shows(/listening on https?:\/\/\S+:(\d+)\//))[1]);
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`still not: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function isListening(port: number): Promise<boolean> {
  try {
    (await RawConnection.open(port)).close();
    return true;
  } catch {
    return false;
  }
}
