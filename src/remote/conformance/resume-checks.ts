/** Checks of uploads that are cut off and go on later. */

import { equal, makeContext, patterned, sendAll, type Bench, type Check } from './check.ts';
import type { Key } from '../../types/key.ts';
import type { Upload } from '../remote.ts';

export const resumeChecks: readonly Check[] = [
  {
    name: 'goes on where an aborted upload ended',
    needs: ['resume'],
    async run(bench) {
      const content = patterned(90_000, 31);
      const key = bench.subject.hashKey(content);
      await cutOff(bench, key, content.subarray(0, 50_000));
      await bench.lacks(key);
      const upload = await bench.upload(key);
      goesOnFrom(upload, 50_000);
      await sendAll(upload, content);
      equal((await upload.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'goes on several times, also after nothing was sent',
    needs: ['resume'],
    async run(bench) {
      const content = patterned(30_000, 32);
      const key = bench.subject.hashKey(content);
      for (const end of [10_000, 10_000, 20_001, 30_000]) {
        const upload = await bench.upload(key);
        await sendAll(upload, content.subarray(0, end));
        await upload.abort();
        await upload.abort();
        await bench.lacks(key);
      }
      const last = await bench.upload(key);
      goesOnFrom(last, 30_000);
      await sendAll(last, content);
      equal((await last.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'verifies the part from before too',
    needs: ['resume', 'verify'],
    async run(bench) {
      const content = patterned(40_000, 33);
      const key = bench.subject.hashKey(content);
      await cutOff(bench, key, patterned(20_000, 34));
      const upload = await bench.upload(key);
      goesOnFrom(upload, 20_000);
      await sendAll(upload, content);
      equal((await upload.finish('valid')).stored, false, 'stored');
      await bench.lacks(key);
      await bench.put(content, key);
      await bench.holds(key, content);
    },
  },
  {
    name: 'uses a digest of its own when it goes on',
    needs: ['resume', 'verify'],
    async run(bench) {
      const content = patterned(40_000, 35);
      const key = bench.subject.hashKey(content);
      await cutOff(bench, key, content.subarray(0, 15_000));
      // This one would match nothing.
      const digest = { update: () => undefined, matches: () => false };
      const upload = await bench.upload(key, { digest });
      goesOnFrom(upload, 15_000);
      await sendAll(upload, content);
      equal((await upload.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'keeps what came when the signal is aborted',
    needs: ['resume'],
    async run(bench) {
      const content = patterned(40_000, 36);
      const key = bench.subject.hashKey(content);
      const controller = new AbortController();
      const upload = await bench.upload(key, {}, makeContext(controller.signal));
      await sendAll(upload, content.subarray(0, 25_000));
      controller.abort(new Error('gone'));
      await upload.abort();
      const next = await bench.upload(key);
      goesOnFrom(next, 25_000);
      await sendAll(next, content);
      equal((await next.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'keeps content that is too short for the next upload',
    needs: ['resume'],
    async run(bench) {
      const content = patterned(40_000, 37);
      const key = bench.subject.hashKey(content);
      const upload = await bench.upload(key);
      await sendAll(upload, content.subarray(0, 39_000));
      equal((await upload.finish('valid')).stored, false, 'stored');
      await bench.put(content, key);
      await bench.holds(key, content);
    },
  },
  {
    name: 'does not keep a chunk that was overwritten while the upload was aborted',
    needs: ['resume'],
    async run(bench) {
      const content = patterned(1_200_000, 38);
      // No hash would tell that other bytes got in.
      const key = bench.subject.unverifiableKey('overwritten', content.length);
      const upload = await bench.upload(key);
      upload.announce(content.length);
      await upload.send(content.subarray(0, 100_000));
      const chunk = content.slice(100_000, 1_148_576);
      const sending = upload.send(chunk).catch(() => undefined);
      const aborting = upload.abort();
      chunk.fill(0xcc);
      await Promise.all([sending, aborting]);
      const next = await bench.upload(key);
      await sendAll(next, content);
      equal((await next.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
];

/** The very last byte may be missing: a far repository is not given it before the end, lest it think that it has all. */
function goesOnFrom(upload: Upload, offset: number): void {
  if (upload.offset !== offset - 1) equal(upload.offset, offset, 'the offset');
}

async function cutOff(bench: Bench, key: Key, content: Uint8Array): Promise<void> {
  const upload = await bench.upload(key);
  await sendAll(upload, content);
  await upload.abort();
}
