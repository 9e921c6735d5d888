// Changes logs of the annex in the working directory without end, and prints `PATH LINE` once a line is recorded.
import { AnnexBranch } from '../../../src/node/branch/annex-branch.ts';
import { CommitScheduler } from '../../../src/node/branch/commit-scheduler.ts';
import { systemClock } from '../../../src/node/clock.ts';
import { openGitRepository } from '../../../src/node/git/git-repository.ts';

const [, , life = ''] = process.argv;
const branch = await AnnexBranch.open(await openGitRepository('.'), { clock: systemClock, events: () => {} });
const commits = new CommitScheduler(branch, { events: () => {}, delayMs: 5 });
await Promise.all(Array.from({ length: 8 }, async (_, at) => await changeForEver(at)));
await commits.close();

async function changeForEver(at: number): Promise<void> {
  for (let round = 0; ; round++) {
    const line = `${life} ${at} ${round}`;
    const path = `abc/de${at % 3}/K--${at}.log`;
    await branch.change(path, (old) => `${old ?? ''}${line}\n`);
    process.stdout.write(`${path} ${line}\n`);
  }
}
