import { expect, test } from 'vitest';
import { BodyPipe } from './body-pipe.ts';

const chunk = (value: number): Uint8Array => new Uint8Array([value]);

test('a chunk is taken when the next one is asked for', async () => {
  const pipe = new BodyPipe();
  let taken = false;
  const sending = pipe.send(chunk(1)).then(() => (taken = true));
  expect(await pipe.next()).toEqual({ done: false, value: chunk(1) });
  await Promise.resolve();
  expect(taken).toBe(false);
  const next = pipe.next();
  await sending;
  pipe.end([chunk(2), chunk(3)]);
  expect([await next, await pipe.next(), await pipe.next()]).toEqual([
    { done: false, value: chunk(2) },
    { done: false, value: chunk(3) },
    { done: true, value: undefined },
  ]);
});

test('a reader that lets go lets the sender go, now and later', async () => {
  const pipe = new BodyPipe();
  const sending = pipe.send(chunk(1));
  await pipe.next();
  await pipe.return();
  await sending;
  await pipe.send(chunk(2));
  expect(await pipe.next()).toEqual({ done: true, value: undefined });
});

test('a reader that waits is woken by the end', async () => {
  const pipe = new BodyPipe();
  const waiting = pipe.next();
  pipe.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
});
