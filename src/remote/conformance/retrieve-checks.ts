/** Checks of `retrieve` and `checkPresent`. */

import { bytesEqual } from '../../util/bytes.ts';
import { equal, makeContext, patterned, rejection, type Check } from './check.ts';

export const retrieveChecks: readonly Check[] = [
  {
    name: 'lacks what was never stored',
    needs: [],
    async run(bench) {
      await bench.lacks(bench.subject.hashKey(patterned(10, 41)));
      await bench.lacks(bench.subject.unverifiableKey('never', undefined));
    },
  },
  {
    name: 'gives content from any offset',
    needs: [],
    async run(bench) {
      const content = patterned(150_000, 42);
      const key = await bench.put(content);
      for (const offset of [0, 1, 65_535, 65_536, 149_999, 150_000, 150_001, 10_000_000]) {
        if (!bytesEqual(await bench.get(key, offset), content.subarray(offset))) {
          throw new Error(`other content from offset ${offset}`);
        }
      }
    },
  },
  {
    name: 'is not harmed by downloads that end early, or never begin',
    needs: [],
    async run(bench) {
      const content = patterned(300_000, 43);
      const key = await bench.put(content);
      for (let count = 0; count < 20; count++) {
        const unread = await bench.remote.retrieve(key, { offset: 0 }, bench.context);
        await unread?.chunks[Symbol.asyncIterator]().return?.();
        const begun = await bench.remote.retrieve(key, { offset: 0 }, bench.context);
        const iterator = begun?.chunks[Symbol.asyncIterator]();
        equal((await iterator?.next())?.done, false, 'done at the first chunk');
        await iterator?.return?.();
        equal((await iterator?.next())?.done, true, 'done after return');
      }
      await bench.holds(key, content);
    },
  },
  {
    name: 'a download lets go of what it holds however it ends',
    needs: ['held'],
    async run(bench) {
      const key = await bench.put(patterned(300_000, 47));
      for (const readChunks of [0, 1, 1000]) {
        const download = await bench.remote.retrieve(key, { offset: 0 }, bench.context);
        const iterator = download?.chunks[Symbol.asyncIterator]();
        for (let count = 0; count < readChunks; count++) if ((await iterator?.next())?.done === true) break;
        if (readChunks < 1000) await iterator?.return?.();
        await bench.letGo();
      }
    },
  },
  {
    name: 'serves several downloads of one key at once',
    needs: [],
    async run(bench) {
      const content = patterned(200_000, 44);
      const key = await bench.put(content);
      const downloads = [0, 1, 2, 3, 4].map((index) => bench.get(key, index * 1000));
      for (const [index, bytes] of (await Promise.all(downloads)).entries()) {
        if (!bytesEqual(bytes, content.subarray(index * 1000))) throw new Error('other content came back');
      }
    },
  },
  {
    name: 'a download that was begun ends well though the content is removed, or fails; never other bytes',
    needs: [],
    async run(bench) {
      const content = patterned(300_000, 45);
      const key = await bench.put(content);
      const download = await bench.remote.retrieve(key, { offset: 0 }, bench.context);
      if (download === undefined) throw new Error('not present');
      await bench.remote.remove(key, {}, bench.context);
      let at = 0;
      try {
        for await (const chunk of download.chunks) {
          if (!bytesEqual(chunk, content.subarray(at, at + chunk.length)))
            throw new OtherBytes(`other bytes at ${at}`);
          at += chunk.length;
        }
        equal(at, content.length, 'the length');
      } catch (error) {
        if (error instanceof OtherBytes) throw error;
      }
    },
  },
  {
    name: 'throws the reason of an aborted signal',
    needs: [],
    async run(bench) {
      const key = await bench.put(patterned(300_000, 46));
      const reason = new Error('gone');
      const context = makeContext(AbortSignal.abort(reason));
      equal(
        await rejection(bench.remote.retrieve(key, { offset: 0 }, context), 'retrieve'),
        reason,
        'retrieve threw',
      );
      const controller = new AbortController();
      const download = await bench.remote.retrieve(key, { offset: 0 }, makeContext(controller.signal));
      controller.abort(reason);
      const reading = (async () => {
        for await (const _ of download?.chunks ?? []);
      })();
      equal(await rejection(reading, 'a download'), reason, 'the download threw');
    },
  },
];

class OtherBytes extends Error {}
