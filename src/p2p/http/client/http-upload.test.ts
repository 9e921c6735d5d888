// Uploads to servers that refuse, lie, answer early or not at all.
import { describe, expect, test } from 'vitest';
import {
  codeOf,
  content,
  context,
  HttpClientBench,
  key,
  type Before,
} from '../../../../test/support/http-client-bench.ts';
import { sendAll, uploadOf } from '../../../remote/conformance/check.ts';
import { formatKey } from '../../../types/key.ts';
import { jsonReply, textReply, type HttpReply } from '../message.ts';

describe('uploads', () => {
  const answering =
    (name: string, reply: HttpReply): Before =>
    (endpoint) =>
      endpoint === `v4/${name}` ? reply : undefined;

  test.each([
    [403, 'access'],
    [401, 'access'],
    [503, 'busy'],
    [507, 'no-space'],
  ])('putoffset %i is a refusal', async (status, code) => {
    const bench = new HttpClientBench(answering('putoffset', textReply(status, 'why')));
    const answer = await bench.remote.store(key, {}, context);
    expect(answer).toMatchObject({ type: 'refused', code, reason: expect.stringContaining('why') as string });
  });

  test('alreadyhave is believed where it is so, or names others', async () => {
    const bench = new HttpClientBench(
      answering('putoffset', jsonReply({ alreadyhave: true, plusuuids: [] })),
    );
    expect(await bench.remote.store(key, {}, context)).toMatchObject({
      type: 'refused',
      code: 'unavailable',
    });
    bench.memory.contents.set(key, content);
    expect(await bench.remote.store(key, {}, context)).toEqual({ type: 'already-have', plusUUIDs: [] });
    const own = bench.memory.uuid;
    const named = new HttpClientBench(
      answering('putoffset', jsonReply({ alreadyhave: true, plusuuids: ['other', own, '[b3RoZXI=]', 7] })),
    );
    expect(await named.remote.store(key, {}, context)).toEqual({
      type: 'already-have',
      plusUUIDs: ['other'],
    });
  });

  test('an offset that is none is an error, and the key is free again', async () => {
    const bench = new HttpClientBench(answering('putoffset', jsonReply({ offset: -1 })));
    expect(await codeOf(bench.remote.store(key, {}, context))).toBe('protocol');
    bench.before = () => undefined;
    expect((await bench.remote.store(key, {}, context)).type).toBe('upload');
    expect(await bench.remote.store(key, {}, context)).toMatchObject({ type: 'refused', code: 'busy' });
  });

  test('what the digest does not know is never sent whole', async () => {
    const bench = new HttpClientBench();
    const digest = { update: () => undefined, matches: () => false };
    const upload = uploadOf(await bench.remote.store(key, { digest }, context));
    await sendAll(upload, content);
    expect(await upload.finish('valid')).toMatchObject({ stored: false });
    expect(bench.memory.partials.get(key)?.length).toBe(content.length - 1);
  });

  test('content that changed is sent whole where the digest knows it', async () => {
    const bench = new HttpClientBench();
    const digest = { update: () => undefined, matches: () => true };
    const upload = uploadOf(await bench.remote.store(key, { digest }, context));
    await sendAll(upload, content);
    expect(await upload.finish('invalid')).toMatchObject({ stored: true });
  });

  test('empty content that changed is not stored', async () => {
    const bench = new HttpClientBench();
    const empty = formatKey({ variety: 'WORM', sizeBytes: 0, name: 'empty' });
    const upload = uploadOf(await bench.remote.store(empty, {}, context));
    upload.announce(0);
    expect(await upload.finish('invalid')).toMatchObject({ stored: false });
    expect(bench.memory.contents.has(empty)).toBe(false);
  });

  test('an answer in the midst of the body ends the sending', async () => {
    const bench = new HttpClientBench(answering('put', textReply(507, 'no room')));
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    expect(await codeOf(sendAll(upload, content, 3))).toBe('remote');
    expect(await codeOf(upload.finish('valid'))).toBe('invariant');
    bench.before = answering('put', jsonReply({ stored: true, plusuuids: ['n2', bench.memory.uuid] }));
    const second = uploadOf(await bench.remote.store(key, {}, context));
    await sendAll(second, content, 3);
    expect(await second.finish('valid')).toEqual({ stored: true, plusUUIDs: ['n2'] });
  });

  test('nothing is sent for an upload that is aborted before it sent anything', async () => {
    const bench = new HttpClientBench();
    await uploadOf(await bench.remote.store(key, {}, context)).abort();
    expect(bench.asked()).toEqual(['v4/putoffset']);
  });

  test('a server that takes nothing is cut off when the upload is aborted', async () => {
    const bench = new HttpClientBench();
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    bench.transport.request = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    upload.announce(content.length);
    const sending = codeOf(upload.send(content));
    const aborting = upload.abort();
    await bench.clock.advance(5000);
    await aborting;
    expect(await sending).toBe('invariant');
  });
});
