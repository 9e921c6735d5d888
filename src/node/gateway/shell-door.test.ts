// Where the door of a gateway is.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharingRepository } from '../../../test/support/sharing-repository.ts';
import { openShellDoor } from './shell-door.ts';

test("in a repository that a group shares, the directory is the group's and the socket is not", async () => {
  const gitDir = mkdtempSync(join(tmpdir(), 'annexus-shell-door-'));
  const modeOf = (name: string): string => (statSync(join(gitDir, name)).mode & 0o777).toString(8);
  const umask = process.umask(0o077);
  try {
    const door = await openShellDoor({
      git: sharingRepository(gitDir, 'all'),
      accept: () => Promise.resolve(undefined),
    });
    expect([modeOf('annex/annexus'), modeOf('annex/annexus/shell.sock')]).toEqual(['775', '700']);
    await door?.close();
  } finally {
    process.umask(umask);
    rmSync(gitDir, { recursive: true });
  }
});
