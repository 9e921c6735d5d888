// PUT beyond what every version has: resuming, giving up, failures, and what is said in place of DATA and VALID.
import { expect, test } from 'vitest';
import { contextOf, unverifiableKey } from '../../test/support/gateway-bench.ts';
import { agreedClient, content, contentText, key, memoryNode, worm } from '../../test/support/line-client.ts';
import { FaultyRemote, type FaultPlan } from '../remote/faulty-remote.ts';

test('resumes, and DATA 0 with INVALID leaves what is there', async () => {
  const remote = memoryNode();
  remote.partials.set(key, content.slice(0, 10));
  const client = await agreedClient(remote, 4);
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 10');
  await client.say('DATA 0');
  expect(await client.talk('INVALID')).toBe('FAILURE');
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 10');
  await client.say('DATA 9');
  await client.sayBytes('of nineteen'.slice(-9));
  expect(await client.talk('VALID')).toBe('FAILURE');
  expect(await client.put(key, contentText, 'VALID')).toBe('SUCCESS');
});

test('DATA 0 with VALID completes what is all there', async () => {
  const remote = memoryNode();
  remote.partials.set(key, content);
  const client = await agreedClient(remote, 1);
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 19');
  await client.say('DATA 0');
  expect(await client.talk('VALID')).toBe('SUCCESS');
  expect(remote.contents.get(key)).toEqual(content);
});

test('INVALID content counts if it verifies', async () => {
  const client = await agreedClient(memoryNode(), 1);
  expect(await client.put(key, contentText, 'INVALID')).toBe('SUCCESS');
  expect(await client.put(worm, 'abc', 'INVALID')).toBe('FAILURE');
});

test.each([
  ['ERROR bye', []],
  ['SUCCESS', ['ERROR expected DATA']],
  ['FOO', ['ERROR expected DATA']],
  [`CHECKPRESENT ${key}`, ['ERROR expected DATA']],
])('%s in place of DATA', async (line, answers) => {
  const client = await agreedClient(memoryNode(), 4);
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 0');
  await client.say(line);
  expect(await client.hearLines(answers.length)).toEqual(answers);
  // Neither the conversation nor the upload is left hanging.
  expect(await client.put(key, contentText, 'VALID')).toBe('SUCCESS');
});

test('something else in place of VALID keeps what came, and stores nothing', async () => {
  const remote = memoryNode();
  const client = await agreedClient(remote, 1);
  expect(await client.put(key, contentText, 'FOO')).toBe('ERROR expected VALID or INVALID');
  expect(remote.contents.size).toBe(0);
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 19');
  await client.say('ERROR enough');
});

test('a connection that ends in the middle leaves what came to resume from', async () => {
  const remote = memoryNode();
  const client = await agreedClient(remote, 4);
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 0');
  await client.say('DATA 19');
  await client.sayBytes('some conte');
  await client.hangUp();
  expect(await client.ended).toMatchObject({ type: 'broken', error: { code: 'framing' } });
  const again = await agreedClient(remote, 4);
  expect(await again.talk(`PUT  ${key}`)).toBe('PUT-FROM 10');
  await again.say('ERROR enough');
});

test('an upload that fails in the middle is answered after all its data', async () => {
  let sends = 0;
  const plan: FaultPlan = (step) => (step === 'send' && ++sends === 2 ? { type: 'throw' } : undefined);
  const client = await agreedClient(new FaultyRemote(memoryNode(), plan), 4);
  expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 0');
  await client.say('DATA 19');
  for (const piece of ['some ', 'content ', 'of ', 'nin']) await client.sayBytes(piece);
  expect(await client.talk('VALID')).toBe('ERROR failed on purpose');
  expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('FAILURE');
});

test('one that fails with much more to come breaks the conversation', async () => {
  const plan: FaultPlan = (step) => (step === 'send' ? { type: 'throw' } : undefined);
  const client = await agreedClient(new FaultyRemote(memoryNode(), plan), 4);
  expect(await client.talk(`PUT  ${unverifiableKey('big', undefined)}`)).toBe('PUT-FROM 0');
  await client.say('DATA 100000000000');
  await client.sayBytes('x');
  expect(await client.ended).toMatchObject({ type: 'broken', error: { code: 'peer' } });
});

test('no room, and an upload in progress, are an ERROR that says so', async () => {
  const remote = memoryNode({ capacityBytes: 10 });
  const client = await agreedClient(remote, 4);
  expect(await client.talk(`PUT  ${key}`)).toBe('ERROR no room for 19 bytes');
  const upload = await remote.store(worm, {}, contextOf());
  expect(await client.talk(`PUT  ${worm}`)).toBe(`ERROR ${worm} is being uploaded already`);
  if (upload.type === 'upload') await upload.abort();
});
