/** Where user names and passwords come from when a server asks for them: git's credential helpers, for instance. */

import type { Credentials } from '../access.ts';

export interface CredentialSource {
  /** Undefined where nobody knows any. */
  fill(): Promise<Credentials | undefined>;
  /** They were taken. */
  approve(credentials: Credentials): Promise<void>;
  /** They were not, and are not to be given again. */
  reject(credentials: Credentials): Promise<void>;
}
