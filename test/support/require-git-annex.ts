// Before the first interoperability test: both releases are there, or the whole run fails with one clear message.
import { releases } from './git-annex-releases.ts';

export default function setup(): void {
  for (const { name, version } of releases()) console.log(`git-annex ${name}: ${version}`);
}
