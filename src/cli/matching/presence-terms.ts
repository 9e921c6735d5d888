/** Terms about where content is: `--in`, `--in=REPOSITORY@{DATE}`, `--expected-present`, and since when it is there. */

import { locationLogPath } from '../../logs/branch-path.ts';
import { parsePresenceLog, type PresenceEntry } from '../../logs/family/presence-log.ts';
import { presentUUIDs } from '../../logs/location-log.ts';
import { vectorClockFromSeconds, type VectorClock } from '../../logs/vector-clock.ts';
import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import { bytesToByteString } from '../../util/byte-string.ts';
import { isHere } from '../placement/is-here.ts';
import { parseDuration } from './duration.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchingTools } from './matching-tools.ts';

/** Of this repository the content itself is looked for, of others what the location log says. */
export async function inTerm(value: string, tools: MatchingTools): Promise<MatchTerm> {
  const at = value.indexOf('@');
  if (at !== -1) return await inAtDateTerm(value.slice(0, at), value.slice(at), tools);
  const uuid = tools.repositoryNamed(value);
  return uuid === tools.annex.uuid ? presentHereTerm(tools.annex) : loggedTerm(uuid);
}

export function presentHereTerm(annex: OpenAnnex): MatchTerm {
  return { needs: [], matches: async ({ key }) => await isHere(annex, key) };
}

export function loggedTerm(uuid: UUID): MatchTerm {
  return { needs: ['locations'], matches: (_item, { locations }) => locations.has(uuid) };
}

/** As the git-annex branch was then, by its reflog. Git warns where that does not go back far enough. */
async function inAtDateTerm(
  name: string,
  date: string,
  { annex, repositoryNamed, terminal }: MatchingTools,
): Promise<MatchTerm> {
  const uuid = repositoryNamed(name);
  const { stdout, stderr, exitCode } = await annex.git.run(
    ['rev-parse', '--verify', '--end-of-options', `refs/heads/git-annex${date}`],
    { allow: [0, 1, 128] },
  );
  if (exitCode !== 0) throw new AnnexError('config', `no date that git understands: ${date}`);
  if (stderr !== '') terminal.err(stderr);
  const commit = bytesToByteString(stdout).trim().split('\n').at(-1) ?? '';
  const oneLevel = await annex.locations.oneLevel();
  return {
    needs: [],
    matches: async ({ key }) => {
      const log = await annex.git.objects.read(`${commit}:${locationLogPath(key, { oneLevel })}`);
      return log !== undefined && presentUUIDs(bytesToByteString(log.bytes)).includes(uuid);
    },
  };
}

export type SinceOption = 'presentsince' | 'lackingsince' | 'changedsince';

/**
 * `--presentsince=REPOSITORY:INTERVAL` and its kin: by the time of the line that the location log has about it. Of a
 * repository that never had the content nothing is said: git-annex's manual promises that `--lackingsince` matches then,
 * and git-annex does not do so.
 */
export async function sinceTerm(
  option: SinceOption,
  value: string,
  { annex, repositoryNamed }: MatchingTools,
): Promise<MatchTerm> {
  const colon = value.lastIndexOf(':');
  if (colon === -1)
    throw new AnnexError('config', `--${option}: a repository and an interval are wanted, as in here:1d`);
  const uuid = repositoryNamed(value.slice(0, colon));
  const since = vectorClockFromSeconds(annex.nowSeconds() - parseDuration(value.slice(colon + 1)));
  const oneLevel = await annex.locations.oneLevel();
  return {
    needs: [],
    matches: async ({ key }) => {
      const content = await annex.branch.read(locationLogPath(key, { oneLevel }));
      return holdsSince(option, parsePresenceLog(content ?? '').get(uuid), since);
    },
  };
}

function holdsSince(option: SinceOption, line: PresenceEntry | undefined, since: VectorClock): boolean {
  if (line === undefined) return false;
  const isOlder = line.clock <= since;
  switch (option) {
    case 'presentsince':
      return isOlder && line.status === 'present';
    case 'lackingsince':
      return isOlder && line.status !== 'present';
    case 'changedsince':
      return !isOlder;
  }
}
