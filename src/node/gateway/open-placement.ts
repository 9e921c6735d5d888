/** Placement by preferred content in a real repository: facts from its git-annex branch, configuration and attributes. */

import type { EventSink } from '../../types/event.ts';
import type { Placement } from '../../gateway/placement.ts';
import { PreferredPlacement } from '../../gateway/preferred-placement.ts';
import type { OpenAnnex } from '../annex/open-annex.ts';
import { CopiesReader } from '../placement/copies-reader.ts';
import { RepositoriesReader } from '../placement/repositories-reader.ts';
import { SubjectReader } from '../placement/subject-reader.ts';

export interface OpenPlacement {
  readonly placement: Placement;
  /** Ends the git that reads attributes. */
  close(): Promise<void>;
}

export function openPlacement(
  { branch, locations, sizes }: OpenAnnex,
  { events }: { readonly events: EventSink },
): OpenPlacement {
  const copies = new CopiesReader(branch);
  const subjects = new SubjectReader({ branch, locations, copies });
  // Sizes come with each judgement.
  const repositories = new RepositoriesReader(branch, { sizeOf: () => undefined });
  const placement = new PreferredPlacement({
    facts: {
      repositories: () => repositories.read(),
      subject: (key, about) => subjects.read(key, about),
    },
    sizes,
    report: events,
  });
  return { placement, close: () => copies.close() };
}
