// What is read of a key, over the lifetime of a server.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashKey } from '../../../test/support/gateway-bench.ts';
import { AnnexBranch } from '../branch/annex-branch.ts';
import { BranchLocationLog } from '../branch/branch-location-log.ts';
import { systemClock } from '../clock.ts';
import { openGitRepository } from '../git/git-repository.ts';
import { CopiesReader } from './copies-reader.ts';
import { SubjectReader } from './subject-reader.ts';

test('a key is unused once `git annex unused` says so, and until it does no more', async () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-subject-')));
  execFileSync('git', ['init', '-q', '--bare', dir]);
  execFileSync('git', ['-C', dir, 'config', 'annex.uuid', '11111111-1111-4111-8111-111111111111']);
  const repository = await openGitRepository(dir);
  const branch = await AnnexBranch.open(repository, { clock: systemClock, events: () => undefined });
  const [copies, locations] = [new CopiesReader(branch), new BranchLocationLog(branch)];
  const reader = new SubjectReader({ branch, locations, copies });
  const key = hashKey(new Uint8Array([1]));
  const isUnused = async (): Promise<boolean> =>
    (await reader.read(key, { file: { type: 'none' }, needs: new Set(['unused']) })).isUnused;
  try {
    expect(await isUnused()).toBe(false);
    mkdirSync(join(dir, 'annex'), { recursive: true });
    writeFileSync(join(dir, 'annex/unused'), `1 ${key} 1795351096s\n`);
    expect(await isUnused()).toBe(true);
    writeFileSync(join(dir, 'annex/unused'), '');
    expect(await isUnused()).toBe(false);
  } finally {
    await copies.close();
    await branch.close();
    await repository.close();
    rmSync(dir, { recursive: true });
  }
});
