/** What the terms of the matching options are made with. */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import type { PreferredContent } from '../../preferred-content/preferred-content.ts';
import type { Repositories } from '../../preferred-content/repositories.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Terminal } from '../terminal.ts';
import type { FileType } from './file-type.ts';

export interface MatchingTools {
  readonly annex: OpenAnnex;
  readonly terminal: Terminal;
  readonly repositories: Repositories;
  readonly preferredContent: PreferredContent;
  /** Throws AnnexError('config') where nothing has that name. */
  readonly repositoryNamed: (name: string) => UUID;
  readonly fileType: FileType;
}
