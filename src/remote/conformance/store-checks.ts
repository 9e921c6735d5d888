/** Checks of `store` and of the Upload it gives, when nothing is cut off. */

import { AnnexError } from '../../types/annex-error.ts';
import type { ContentDigest } from '../remote.ts';
import { equal, makeContext, patterned, rejection, sendAll, type Check } from './check.ts';

export const storeChecks: readonly Check[] = [
  {
    name: 'stores content, in chunks whose buffer is used again',
    needs: [],
    async run(bench) {
      const content = patterned(100_001, 1);
      const key = await bench.put(content);
      await bench.holds(key, content);
    },
  },
  {
    name: 'stores large content sent in large chunks',
    needs: [],
    async run(bench) {
      const content = patterned(3_000_000, 2);
      const key = bench.subject.hashKey(content);
      const upload = await bench.upload(key);
      await sendAll(upload, content, 1_048_576);
      equal((await upload.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'stores empty content',
    needs: [],
    async run(bench) {
      const key = await bench.put(new Uint8Array(0));
      await bench.holds(key, new Uint8Array(0));
    },
  },
  {
    name: 'stores content of a key without a size or a hash',
    needs: [],
    async run(bench) {
      const content = patterned(5000, 3);
      const key = bench.subject.unverifiableKey('sizeless', undefined);
      await bench.put(content, key);
      await bench.holds(key, content);
    },
  },
  {
    name: 'passes over empty chunks',
    needs: [],
    async run(bench) {
      const content = patterned(10, 4);
      const key = bench.subject.hashKey(content);
      const upload = await bench.upload(key);
      upload.announce(content.length);
      await upload.send(new Uint8Array(0));
      await upload.send(content);
      await upload.send(new Uint8Array(0));
      equal((await upload.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'says that it has content already',
    needs: [],
    async run(bench) {
      const content = patterned(1000, 5);
      const key = await bench.put(content);
      const answer = await bench.remote.store(key, {}, bench.context);
      equal(answer.type, 'already-have', 'the answer');
      await bench.holds(key, content);
    },
  },
  {
    name: 'shows nothing before an upload is finished',
    needs: [],
    async run(bench) {
      const content = patterned(20_000, 6);
      const key = bench.subject.hashKey(content);
      const upload = await bench.upload(key);
      await sendAll(upload, content);
      await bench.lacks(key);
      equal((await upload.finish('valid')).stored, true, 'stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'does not store wrong content, and the right one afterwards',
    needs: ['verify'],
    async run(bench) {
      const content = patterned(30_000, 7);
      const key = bench.subject.hashKey(content);
      const upload = await bench.upload(key);
      await sendAll(upload, patterned(30_000, 8));
      equal((await upload.finish('valid')).stored, false, 'wrong content stored');
      await bench.lacks(key);
      const again = await bench.upload(key);
      equal(again.offset, 0, 'the offset after wrong content');
      await again.abort();
    },
  },
  {
    name: 'does not store content that is too short',
    needs: [],
    async run(bench) {
      const content = patterned(30_000, 9);
      const key = bench.subject.unverifiableKey('short', 30_000);
      const upload = await bench.upload(key);
      await sendAll(upload, content.subarray(0, 29_999));
      equal((await upload.finish('valid')).stored, false, 'short content stored');
      await bench.lacks(key);
    },
  },
  {
    name: 'does not store content that is too long',
    needs: [],
    async run(bench) {
      const content = patterned(30_001, 10);
      const key = bench.subject.unverifiableKey('long', 30_000);
      const upload = await bench.upload(key);
      // Whether it is told at once or at the end is the Remote's choice.
      const stored = await sendAll(upload, content).then(
        async () => (await upload.finish('valid')).stored,
        () => false,
      );
      equal(stored, false, 'long content stored');
      await upload.abort();
      await bench.lacks(key);
    },
  },
  {
    name: 'stores content that changed while it was sent only if it verifies',
    needs: ['verify'],
    async run(bench) {
      const content = patterned(500, 11);
      const key = bench.subject.hashKey(content);
      const good = await bench.upload(key);
      await sendAll(good, content);
      equal((await good.finish('invalid')).stored, true, 'content that verifies stored');
      const doubtful = bench.subject.unverifiableKey('changed', 500);
      const bad = await bench.upload(doubtful);
      await sendAll(bad, content);
      equal((await bad.finish('invalid')).stored, false, 'content that cannot verify stored');
      await bench.lacks(doubtful);
    },
  },
  {
    name: 'tells a second upload of a key to wait, and another key not',
    needs: ['busy'],
    async run(bench) {
      const content = patterned(1000, 12);
      const key = bench.subject.hashKey(content);
      const first = await bench.upload(key);
      const second = await bench.remote.store(key, {}, bench.context);
      equal(second.type === 'refused' ? second.code : second.type, 'busy', 'the second answer');
      await bench.put(patterned(1000, 13));
      await sendAll(first, content);
      equal((await first.finish('valid')).stored, true, 'the first stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'makes one upload of those of a key at the same time',
    needs: ['shared'],
    async run(bench) {
      const content = patterned(1000, 21);
      const key = bench.subject.hashKey(content);
      const first = await bench.upload(key);
      const second = await bench.upload(key);
      await sendAll(second, content.subarray(0, 500));
      await sendAll(first, content);
      await second.send(content.subarray(500));
      equal((await second.finish('valid')).stored, true, 'the second stored');
      equal((await first.finish('valid')).stored, true, 'the first stored');
      await bench.holds(key, content);
    },
  },
  {
    name: 'is free for the next upload as soon as one ended',
    needs: ['verify'],
    async run(bench) {
      const content = patterned(1000, 14);
      const key = bench.subject.hashKey(content);
      await (await bench.upload(key)).abort();
      const wrong = await bench.upload(key);
      wrong.announce(1000);
      await wrong.send(patterned(1000, 15));
      equal((await wrong.finish('valid')).stored, false, 'wrong content stored');
      equal((await (await bench.upload(key)).dataPresent()).stored, false, 'stored without content');
      await bench.put(content, key);
      await bench.holds(key, content);
    },
  },
  {
    name: 'data-present: fails where content is not present',
    needs: [],
    async run(bench) {
      const key = bench.subject.hashKey(patterned(100, 16));
      const upload = await bench.upload(key);
      equal((await upload.dataPresent()).stored, false, 'stored');
      await bench.lacks(key);
    },
  },
  {
    name: 'an upload that ended takes nothing more',
    needs: [],
    async run(bench) {
      const content = patterned(100, 17);
      const key = bench.subject.hashKey(content);
      const upload = await bench.upload(key);
      await sendAll(upload, content);
      equal((await upload.finish('valid')).stored, true, 'stored');
      await rejection(upload.send(content), 'send after finish');
      await rejection(upload.finish('valid'), 'finish after finish');
      await upload.abort();
      await bench.holds(key, content);
    },
  },
  {
    name: 'uses the digest of the caller at offset 0, and does not feed it',
    needs: ['verify', 'digest'],
    async run(bench) {
      const content = patterned(40_000, 18);
      const key = bench.subject.hashKey(content);
      const digest = countingDigest(true);
      const upload = await bench.upload(key, { digest });
      equal(upload.offset, 0, 'the offset');
      await sendAll(upload, content);
      equal((await upload.finish('valid')).stored, true, 'stored');
      equal(digest.updates, 0, 'chunks that the Remote gave to the digest');
      equal(digest.questions > 0, true, 'the digest was asked');
      await bench.holds(key, content);
      const wrong = bench.subject.hashKey(patterned(40_000, 19));
      const refused = await bench.upload(wrong, { digest: countingDigest(false) });
      await sendAll(refused, patterned(40_000, 19));
      equal((await refused.finish('valid')).stored, false, 'stored against the digest');
      await bench.lacks(wrong);
    },
  },
  {
    name: 'an aborted signal is thrown as it is, and nothing is begun',
    needs: [],
    async run(bench) {
      const key = bench.subject.hashKey(patterned(10, 20));
      const reason = new Error('gone');
      const context = makeContext(AbortSignal.abort(reason));
      equal(await rejection(bench.remote.store(key, {}, context), 'store'), reason, 'store threw');
      equal(
        await rejection(bench.remote.checkPresent(key, context), 'checkPresent'),
        reason,
        'checkPresent threw',
      );
      await (await bench.upload(key)).abort();
    },
  },
  {
    name: 'an upload whose signal is aborted is over, and its key free',
    needs: [],
    async run(bench) {
      const content = patterned(20_000, 21);
      const key = bench.subject.hashKey(content);
      const controller = new AbortController();
      const upload = await bench.upload(key, {}, makeContext(controller.signal));
      upload.announce(content.length);
      await upload.send(content.subarray(0, 10_000));
      const reason = new AnnexError('peer', 'the client hung up');
      controller.abort(reason);
      equal(await rejection(upload.send(content.subarray(10_000)), 'send'), reason, 'send threw');
      await upload.abort();
      await bench.lacks(key);
      await bench.put(content, key);
      await bench.holds(key, content);
    },
  },
];

function countingDigest(answer: boolean): ContentDigest & { updates: number; questions: number } {
  return {
    updates: 0,
    questions: 0,
    update(): void {
      this.updates++;
    },
    matches(): boolean {
      this.questions++;
      return answer;
    },
  };
}
