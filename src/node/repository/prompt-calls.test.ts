import { describe, expect, test } from 'vitest';
import { PromptCalls } from './prompt-calls.ts';

/** Calls on a clock that only they move. */
class Calls {
  nowMs = 1_000_000;
  readonly prompt: PromptCalls = new PromptCalls({ nowMs: () => this.nowMs });

  async ask(takesMs: number): Promise<string> {
    const threaded = (): Promise<string> => Promise.resolve('threaded');
    return await this.prompt.run(() => this.#take(takesMs), threaded);
  }

  glance(takesMs: number): string | undefined {
    return this.prompt.glance(() => this.#take(takesMs));
  }

  #take(ms: number): string {
    this.nowMs += ms;
    return 'direct';
  }
}

describe('PromptCalls', () => {
  test('calls directly while calls are fast', async () => {
    const calls = new Calls();
    for (let count = 0; count < 1000; count++) expect(await calls.ask(0.9)).toBe('direct');
  });

  test('a few long calls are let pass, and more send calls to threads until a fiftieth of the time is made up', async () => {
    const calls = new Calls();
    for (let count = 0; count < 3; count++) expect(await calls.ask(8)).toBe('direct');
    expect(await calls.ask(0.1)).toBe('threaded');
    expect(calls.glance(0.1)).toBeUndefined();
    calls.nowMs += 150;
    expect(await calls.ask(0.1)).toBe('threaded');
    calls.nowMs += 60;
    expect(await calls.ask(0.1)).toBe('direct');
    expect(calls.glance(0.1)).toBe('direct');
  });

  test('one very long call is made up for in full, and nothing is saved up beyond the allowance', async () => {
    const calls = new Calls();
    calls.nowMs += 3_600_000;
    expect(await calls.ask(1_020)).toBe('direct');
    calls.nowMs += 49_000;
    expect(await calls.ask(0.1)).toBe('threaded');
    calls.nowMs += 1_100;
    expect(await calls.ask(0.1)).toBe('direct');
  });

  test('over any length of time a disk that is always slow takes a fiftieth of it', async () => {
    const calls = new Calls();
    const beginMs = calls.nowMs;
    let directMs = 0;
    while (calls.nowMs < beginMs + 100_000) {
      if ((await calls.ask(5)) === 'direct') directMs += 5;
      else calls.nowMs += 1;
    }
    expect(directMs).toBeGreaterThan(1_500);
    expect(directMs).toBeLessThan(2_100);
  });

  test('a long call that fails counts, and its error passes on', async () => {
    const calls = new Calls();
    const fail = (): never => {
      calls.nowMs += 30;
      throw new Error('no such file');
    };
    expect(() => calls.prompt.run(fail, () => Promise.resolve())).toThrow('no such file');
    expect(await calls.prompt.run(fail, () => Promise.resolve('threaded'))).toBe('threaded');
  });
});
