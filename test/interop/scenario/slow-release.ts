// git-annex's p2phttp answers an unlock a moment before it lets go of the content, and fails a removal meanwhile. Checks
// that remove right after a release wait for that moment, as no client does.
import type { ContentLock, Remote } from '../../../src/remote/remote.ts';

export function waitAfterRelease(remote: Pick<Remote, 'lockContent'>): void {
  const target = remote;
  const lockContent = remote.lockContent.bind(remote);
  target.lockContent = async (key, context) => {
    const lock = await lockContent(key, context);
    return lock.locked ? slowly(lock) : lock;
  };
}

function slowly(lock: ContentLock): ContentLock {
  return {
    locked: true,
    get untilMs() {
      return lock.untilMs;
    },
    extend: () => lock.extend(),
    async release() {
      await lock.release();
      await new Promise((resolve) => setTimeout(resolve, 500));
    },
  };
}
