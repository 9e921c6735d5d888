import { describe, expect, test } from 'vitest';
import { PromptCalls } from './prompt-calls.ts';

describe('PromptCalls', () => {
  test('calls directly while calls are fast, and in threads for fifty times as long as a slow one took', async () => {
    let nowMs = 0;
    let takesMs = 0.1;
    const calls = new PromptCalls({ nowMs: () => nowMs });
    const ask = async (): Promise<string> =>
      await calls.run(
        () => {
          nowMs += takesMs;
          return 'direct';
        },
        () => Promise.resolve('threaded'),
      );
    expect([await ask(), await ask()]).toEqual(['direct', 'direct']);
    takesMs = 30;
    expect([await ask(), await ask()]).toEqual(['direct', 'threaded']);
    nowMs += 1_450;
    expect(await ask()).toBe('threaded');
    nowMs += 100;
    takesMs = 0.1;
    expect([await ask(), await ask()]).toEqual(['direct', 'direct']);
  });

  test('a slow call that fails counts, and its error passes on', async () => {
    let nowMs = 0;
    const calls = new PromptCalls({ nowMs: () => nowMs });
    const fail = (): never => {
      nowMs += 5;
      throw new Error('no such file');
    };
    expect(() => calls.run(fail, () => Promise.resolve())).toThrow('no such file');
    expect(await calls.run(fail, () => Promise.resolve('threaded'))).toBe('threaded');
  });
});
