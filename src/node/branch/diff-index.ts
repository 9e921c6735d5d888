/**
 * Reads `git diff-index --raw -z --cached COMMIT`:
 *
 *     :100644 100644 9daad55acb98... 063d60f7baed... M NUL uuid.log NUL
 *
 * The first mode and id are the commit's, the second the index's; mode 000000 stands for a missing file.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';

export interface IndexDifference {
  readonly path: ByteString;
  /** The blob's id; undefined where that side lacks the file. */
  readonly inCommit: string | undefined;
  readonly inIndex: string | undefined;
}

export async function* parseDiffIndex(output: AsyncIterable<Uint8Array>): AsyncGenerator<IndexDifference> {
  let description: ByteString | undefined;
  for await (const field of splitAtNUL(output)) {
    if (description === undefined) description = field;
    else {
      yield parseDifference(description, field);
      description = undefined;
    }
  }
}

/** Fields that each end with NUL. What comes after the last NUL is left out. */
export async function* splitAtNUL(output: AsyncIterable<Uint8Array>): AsyncGenerator<ByteString> {
  let rest = '';
  for await (const chunk of output) {
    const fields = (rest + bytesToByteString(chunk)).split('\0');
    rest = fields.pop() ?? '';
    yield* fields;
  }
}

function parseDifference(description: ByteString, path: ByteString): IndexDifference {
  const match = /^:(\d{6}) (\d{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [A-Z]\d*$/.exec(description);
  if (match === null) throw new AnnexError('remote', `git diff-index printed: ${description}`);
  const [, commitMode = '', indexMode = '', commitId = '', indexId = ''] = match;
  return { path, inCommit: blobOf(commitMode, commitId), inIndex: blobOf(indexMode, indexId) };
}

/** The branch has only regular files; what an outside tool put there besides (a submodule) is left out. */
function blobOf(mode: string, id: string): string | undefined {
  return mode.startsWith('10') || mode.startsWith('12') ? id : undefined;
}
