// A repository as far as its shared files are concerned: a directory, and core.sharedRepository.
import { GitConfig } from '../../src/node/git/git-config.ts';
import type { SharingRepository } from '../../src/node/repository/shared-files.ts';

export function sharingRepository(gitDir: string, sharing?: string): SharingRepository {
  const entries = sharing === undefined ? [] : [{ key: 'core.sharedrepository', value: sharing }];
  return { gitDir, config: () => Promise.resolve(new GitConfig(entries)) };
}
