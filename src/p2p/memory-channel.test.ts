// Two channels back to back keep the contract of channel.ts.
import { expect, test } from 'vitest';
import { settle } from '../../test/support/manual-clock.ts';
import { bytesToByteString, byteStringToBytes } from '../util/byte-string.ts';
import type { Channel } from './channel.ts';
import { memoryChannels } from './memory-channel.ts';

async function readText(channel: Channel): Promise<string | undefined> {
  const bytes = await channel.read();
  return bytes === undefined ? undefined : bytesToByteString(bytes);
}

test('writes arrive in order, each resolves when it was read, and its bytes may be reused then', async () => {
  const [here, there] = memoryChannels();
  const bytes = byteStringToBytes('one');
  let isWritten = false;
  const writing = here.write(bytes).then(() => {
    isWritten = true;
    bytes.fill(0);
  });
  const second = here.write(byteStringToBytes('two'));
  await settle();
  expect(isWritten).toBe(false);
  const first = await there.read();
  await writing;
  expect(first && bytesToByteString(first)).toBe('one');
  expect(await readText(there)).toBe('two');
  await second;
});

test('what was written before the end arrives, and the other direction goes on', async () => {
  const [here, there] = memoryChannels();
  const writing = here.write(byteStringToBytes('last'));
  await here.end();
  await expect(here.write(byteStringToBytes('x'))).rejects.toThrow('written after the end');
  expect(await readText(there)).toBe('last');
  await writing;
  expect(await there.read()).toBeUndefined();
  expect(await there.read()).toBeUndefined();
  const reading = readText(here);
  await there.write(byteStringToBytes('back'));
  expect(await reading).toBe('back');
});

test('destroying either end rejects all that waits and all that comes', async () => {
  const [here, there] = memoryChannels();
  const reading = here.read();
  const writing = here.write(byteStringToBytes('x'));
  there.destroy(new Error('enough'));
  there.destroy(new Error('again'));
  await expect(reading).rejects.toThrow('enough');
  await expect(writing).rejects.toThrow('enough');
  await expect(here.read()).rejects.toThrow('enough');
  await expect(there.read()).rejects.toThrow('enough');
  await expect(here.write(byteStringToBytes('x'))).rejects.toThrow('enough');
  await here.end();
});

test('two reads at a time are refused', async () => {
  const [here, there] = memoryChannels();
  const reading = readText(here);
  await expect(here.read()).rejects.toThrow('a read is running already');
  await there.write(byteStringToBytes('x'));
  expect(await reading).toBe('x');
});
