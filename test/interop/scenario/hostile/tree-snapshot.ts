// What files there are below a directory, apart from those that a client may change.
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export type TreeSnapshot = ReadonlyMap<string, string>;

/** Each file by its path, with a hash of its content; directories and other things with what they are. */
export async function takeSnapshot(dir: string, mayChange: (path: string) => boolean): Promise<TreeSnapshot> {
  const found = new Map<string, string>();
  const look = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
      const path = join(below, entry.name);
      if (mayChange(path)) continue;
      if (entry.isDirectory()) {
        found.set(path, 'directory');
        await look(path);
      } else if (entry.isSymbolicLink()) found.set(path, `link to ${await readlink(join(dir, path))}`);
      else if (entry.isFile())
        found.set(
          path,
          createHash('sha256')
            .update(await readFile(join(dir, path)))
            .digest('hex'),
        );
      else found.set(path, 'something else');
    }
  };
  await look('');
  return found;
}

export function differences(before: TreeSnapshot, after: TreeSnapshot): readonly string[] {
  const gone = [...before.keys()].filter((path) => !after.has(path)).map((path) => `${path} is gone`);
  const changed = [...after].flatMap(([path, what]) => {
    const was = before.get(path);
    if (was === what) return [];
    return [was === undefined ? `${path} is new` : `${path} has changed`];
  });
  return [...gone, ...changed];
}
