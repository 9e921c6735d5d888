import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { PasswordGate, type GateAnswer, type PasswordGateOptions } from './password-gate.ts';

/** A gate before checks that end when they are told to. */
class Bench {
  readonly clock = new ManualClock();
  readonly gate: PasswordGate;
  readonly running: { user: string; end: (isRight: boolean | Error) => void }[] = [];
  begun = 0;

  constructor(options: Partial<PasswordGateOptions> = {}) {
    this.gate = new PasswordGate({ clock: this.clock, ...options });
  }

  ask(user: string, options: { password?: string; address?: string | undefined } = {}): Promise<GateAnswer> {
    const { password = 'pw', address = '192.0.2.1' } = options;
    const attempt = {
      user,
      password: Buffer.from(password),
      address: 'address' in options ? options.address : address,
    };
    return this.gate.ask(
      attempt,
      () =>
        new Promise((resolve, reject) => {
          this.begun++;
          const end = (answer: boolean | Error): void =>
            typeof answer === 'boolean' ? resolve(answer) : reject(answer);
          this.running.push({ user, end });
        }),
    );
  }

  async endAll(answer: boolean | Error): Promise<void> {
    for (const { end } of this.running.splice(0)) end(answer);
    await settle();
  }
}

test('the same question is one check, and its answer is remembered for a while', async () => {
  const bench = new Bench({ rememberMs: 60_000 });
  const asked = Promise.all(Array.from({ length: 20 }, async () => await bench.ask('ann')));
  const other = bench.ask('ann', { password: 'px' });
  expect(bench.begun).toBe(2);
  bench.running[0]?.end(true);
  bench.running[1]?.end(false);
  expect(new Set((await asked).map(({ type }) => type))).toEqual(new Set(['right']));
  expect(await other).toEqual({ type: 'wrong' });
  expect([await bench.ask('ann'), await bench.ask('ann', { password: 'px' })]).toEqual([
    { type: 'right' },
    { type: 'wrong' },
  ]);
  expect(bench.begun).toBe(2);
  await bench.clock.advance(40_000);
  expect(await bench.ask('ann')).toEqual({ type: 'right' });
  await bench.clock.advance(40_000);
  expect(await bench.ask('ann')).toEqual({ type: 'right' });
  void bench.ask('ann', { password: 'px' });
  expect(bench.begun).toBe(3);
  await bench.clock.advance(60_000);
  void bench.ask('ann');
  expect(bench.begun).toBe(4);
});

test('user and password are kept apart', async () => {
  const bench = new Bench();
  void bench.ask('ab', { password: 'c' });
  void bench.ask('a', { password: 'bc' });
  expect(bench.begun).toBe(2);
  await bench.endAll(false);
});

test('nothing is remembered of before the file changed, not even what is checked meanwhile', async () => {
  const bench = new Bench();
  const early = bench.ask('ann');
  bench.gate.forget();
  await bench.endAll(true);
  expect(await early).toEqual({ type: 'right' });
  void bench.ask('ann');
  expect(bench.begun).toBe(2);
});

test('a check that failed is not remembered', async () => {
  const bench = new Bench();
  const failing = [bench.ask('ann'), bench.ask('ann')].map(async (asked) => await asked.catch(String));
  await bench.endAll(new Error('lost'));
  expect(await Promise.all(failing)).toEqual(['Error: lost', 'Error: lost']);
  void bench.ask('ann');
  expect(bench.begun).toBe(2);
});

test('no more wait than can be served soon', async () => {
  const bench = new Bench({ maxWaiting: 3 });
  for (const user of ['a', 'b', 'c']) void bench.ask(user);
  expect(await bench.ask('d')).toEqual({ type: 'busy', retryAfterSeconds: 5 });
  expect(bench.begun).toBe(3);
  await bench.endAll(true);
  void bench.ask('d');
  expect(bench.begun).toBe(4);
});

test('an address that guesses is slowed down, and nobody else; right passwords cost nothing', async () => {
  const bench = new Bench({ wrongPerMinute: 6, maxWaiting: 100 });
  for (let turn = 0; turn < 30; turn++) {
    const asked = bench.ask(`good${turn}`);
    await bench.endAll(true);
    expect(await asked).toEqual({ type: 'right' });
  }
  for (let turn = 0; turn < 10; turn++) {
    const asked = bench.ask(`bad${turn}`);
    await bench.endAll(false);
    expect(await asked).toEqual({ type: 'wrong' });
  }
  expect(await bench.ask('bad10')).toEqual({ type: 'slow-down', retryAfterSeconds: 10 });
  expect(await bench.ask('good1')).toEqual({ type: 'right' });
  const before = bench.begun;
  void bench.ask('bad10', { address: '192.0.2.2' });
  void bench.ask('bad11', { address: undefined });
  expect(bench.begun).toBe(before + 2);
  await bench.endAll(false);
  await bench.clock.advance(10_000);
  void bench.ask('bad12');
  expect(bench.begun).toBe(before + 3);
});
