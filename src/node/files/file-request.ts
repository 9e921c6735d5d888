/** A request for a file that may be answered. */

import type { Grant } from '../../p2p/http/access.ts';
import type { HttpRequest } from '../../p2p/http/message.ts';

export interface FileRequest {
  readonly request: HttpRequest;
  readonly grant: Grant;
  /** Of the repository. */
  readonly name: string;
}
