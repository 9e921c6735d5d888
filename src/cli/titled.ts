/** A repository in lists: `UUID -- TITLE`, or just the UUID where nobody described it. */

import type { UUID } from '../types/uuid.ts';

export function titled(uuid: UUID, title: string): string {
  return title === '' ? uuid : `${uuid} -- ${title}`;
}
