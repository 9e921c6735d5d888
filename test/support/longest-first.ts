// The order of test files: those that take longest begin first, so that none of them runs alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// By seconds, of the interoperability tests; the others take less than 20 s.
const longest = [
  'transcripts',
  'shell',
  'http-remote',
  'cli',
  'up',
  'placement',
  'clone-and-copy',
  'mixed-cluster',
  'ssh-remote',
  'kill-uploads',
  'p2p-address-remote',
  'extendcluster',
  'disk-remote',
  'peers',
  'branch',
  'shell-transcripts',
  'concurrent-git-annex',
  'logs',
  'p2p-remote',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.endsWith(`/test/interop/${name}.test.ts`));
      return place === -1 ? longest.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
