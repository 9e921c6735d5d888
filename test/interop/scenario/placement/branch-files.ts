// Files of a git-annex branch that is being made up.
import type { ByteString } from '../../../../src/util/byte-string.ts';

export class BranchFiles {
  readonly files = new Map<ByteString, ByteString>();
  change(path: ByteString, change: (content: ByteString) => ByteString | undefined): void {
    // git-annex's sum of sizes waits for ever at an empty log.
    const changed = change(this.files.get(path) ?? '') ?? '';
    if (changed !== '') this.files.set(path, changed);
  }
}
