/** What a file looks like from outside: another fingerprint, another file or other content. */

import { stat } from 'node:fs/promises';

export async function fingerprint(file: string): Promise<string> {
  try {
    const there = await stat(file, { bigint: true });
    return `${there.dev}:${there.ino}:${there.size}:${there.mtimeNs}:${there.ctimeNs}`;
  } catch {
    return 'missing';
  }
}
