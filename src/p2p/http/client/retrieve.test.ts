// Downloads from servers that do not send what they announce, or do not say what they lack.
import { describe, expect, test } from 'vitest';
import {
  codeOf,
  content,
  context,
  HttpClientBench,
  key,
  type Before,
} from '../../../../test/support/http-client-bench.ts';
import { collect } from '../../../util/bytes.ts';
import { emptyReply } from '../message.ts';

describe('downloads', () => {
  const sending =
    (bytes: Uint8Array, announced: number = bytes.length): Before =>
    (endpoint) =>
      endpoint === 'v4/key'
        ? {
            status: 200,
            headers: ['X-git-annex-data-length', `${announced}`],
            body: {
              lengthBytes: undefined,
              chunks: (async function* () {
                yield await Promise.resolve(bytes);
              })(),
            },
          }
        : undefined;

  test('nothing at all is absence only where the server says so when it is asked', async () => {
    const bench = new HttpClientBench(sending(new Uint8Array(0)));
    expect(await bench.remote.retrieve(key, { offset: 0 }, context)).toBeUndefined();
    bench.memory.contents.set(key, content);
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('remote');
    const rest = await bench.remote.retrieve(key, { offset: content.length }, context);
    expect(rest?.lengthBytes).toBe(0);
    bench.before = (endpoint) =>
      endpoint === 'v4/checkpresent'
        ? emptyReply(500)
        : sending(new Uint8Array(0))(endpoint, undefined as never);
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('remote');
  });

  test.each([
    ['a byte short', content.subarray(1)],
    ['half', content.subarray(7)],
    ['a byte too long', new Uint8Array(content.length + 1)],
  ])('a body that is %s is not valid', async (_, bytes) => {
    const bench = new HttpClientBench(sending(bytes, content.length));
    const download = await bench.remote.retrieve(key, { offset: 0 }, context);
    expect(await codeOf(collect(download!.chunks))).toBe('verification');
  });

  test('another length than the key has is refused before a byte', async () => {
    const bench = new HttpClientBench(sending(new Uint8Array(3)));
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('remote');
  });

  test('a server that has it, and answers 404, is an error and not absence', async () => {
    const bench = new HttpClientBench((endpoint) => (endpoint === 'v4/key' ? emptyReply(404) : undefined));
    bench.memory.contents.set(key, content);
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('peer');
  });
});
