// What stalled git-annex's server: clients that ask for something large and read nothing, others that hang up in the middle
// of a download or an upload again and again. Meanwhile three clones get and drop, and small requests are timed.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Release, runIn } from '../../support/git-annex.ts';
import { ask } from '../../support/raw-http.ts';
import { type Census, moreThan, peakMemory, takeCensus } from './census.ts';
import { until } from './doors.ts';
import { Visitor } from './visitor.ts';

export interface StallsOptions {
  readonly port: number;
  readonly pid: number;
  readonly uuid: string;
  /** Of what readers ask for and do not read. */
  readonly largeKey: string;
  /** Clones of what is served, whose `origin` is the server. */
  readonly clones: readonly string[];
  readonly release: Release;
  /** Named by the command lines of the server's processes. */
  readonly dir: string;
  readonly forMs: number;
}

export interface StallsReport {
  readonly seconds: number;
  readonly 'requests that were read nothing of': number;
  readonly 'downloads cut off by their clients': number;
  readonly 'uploads cut off by their clients': number;
  readonly 'rounds of get -J4 and drop': number;
  readonly 'longest command of git-annex (s)': number;
  readonly 'other requests, all answered': number;
  readonly 'longest of them (ms)': number;
  readonly 'median of them (ms)': number;
  readonly before: Census;
  readonly after: Census;
  readonly 'memory before, at a tenth of the time, and after (MiB)': readonly number[];
  readonly 'peak memory (MiB)': number;
  readonly wrong: readonly string[];
}

export async function stalls(options: StallsOptions): Promise<StallsReport> {
  const { clones, pid, dir, forMs } = options;
  const run = new Run(options);
  // So that all is open that stays open.
  await Promise.all(clones.map(async (clone) => await run.getAndDrop(clone)));
  await run.probe();
  const before = await takeCensus(dir, [pid]);
  const memory = [await memoryOf(pid)];
  run.begin();
  const over = Promise.all([
    ...Array.from({ length: readers }, async () => await run.readNothing()),
    ...Array.from({ length: leavers }, async (_, index) => await run.hangUp(index)),
    ...clones.map(async (clone) => await run.loop(async () => await run.getAndDrop(clone))),
    run.loop(async () => {
      await run.probe();
      await sleep(100);
    }),
    sleep(forMs / 10).then(async () => void memory.push(await memoryOf(pid))),
  ]);
  await over;
  let after = before;
  await until(async () => moreThan(before, (after = await takeCensus(dir, [pid]))).length === 0).catch(
    () => undefined,
  );
  memory.push(await memoryOf(pid));
  return {
    ...run.report(),
    before,
    after,
    'memory before, at a tenth of the time, and after (MiB)': memory,
    'peak memory (MiB)': await peakMemory(pid),
    wrong: [...run.wrong, ...moreThan(before, after)],
  };
}

/** Has clients ask for something large and read nothing. @returns who ends them */
export async function readNothing(
  { port, uuid, largeKey }: Pick<StallsOptions, 'port' | 'uuid' | 'largeKey'>,
  count: number,
): Promise<() => void> {
  const visitors = await Promise.all(Array.from({ length: count }, async () => await Visitor.open({ port })));
  for (const visitor of visitors) visitor.say(downloadOf(uuid, largeKey));
  return () => {
    for (const visitor of visitors) visitor.close();
  };
}

class Run {
  readonly wrong: string[] = [];
  readonly #options: StallsOptions;
  readonly #commandsMs: number[] = [];
  readonly #probesMs: number[] = [];
  #startMs = 0;
  #unread = 0;
  #downloads = 0;
  #uploads = 0;
  #rounds = 0;

  constructor(options: StallsOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#startMs = performance.now();
    this.#commandsMs.length = 0;
    this.#probesMs.length = 0;
    this.#rounds = 0;
  }

  get #isOver(): boolean {
    return performance.now() - this.#startMs > this.#options.forMs;
  }

  async loop(body: () => Promise<void>): Promise<void> {
    do await body();
    while (!this.#isOver);
  }

  async readNothing(): Promise<void> {
    await this.loop(async () => {
      const leave = await readNothing(this.#options, 1);
      this.#unread++;
      const endMs = performance.now() + stayMs;
      while (performance.now() < endMs && !this.#isOver) await sleep(100);
      leave();
    });
  }

  /** By a download and an upload in turn. */
  async hangUp(index: number): Promise<void> {
    const { port, uuid, largeKey } = this.#options;
    // Never sent whole, so that nobody sees that it is not the right content.
    const key = `SHA256-s${uploadBytes}--${randomBytes(32).toString('hex')}`;
    const head = `POST ${pathOf(uuid, 'put', key)} HTTP/1.1\r\nHost: x\r\nX-git-annex-data-length: ${uploadBytes}\r\nContent-Length: ${uploadBytes}\r\n\r\n`;
    let turn = index;
    await this.loop(async () => {
      const visitor = await Visitor.open({ port });
      if (turn++ % 2 === 0) {
        visitor.say(downloadOf(uuid, largeKey));
        await visitor.hear(1_000_000);
        this.#downloads++;
      } else {
        visitor.say(head);
        visitor.say(halfAnUpload);
        // It has begun to be taken.
        await sleep(50);
        this.#uploads++;
      }
      if (turn % 4 < 2) visitor.reset();
      else visitor.close();
      await sleep(200);
    });
  }

  async getAndDrop(clone: string): Promise<void> {
    for (const argv of [
      ['git-annex', 'get', '-J4', '--quiet', '.'],
      ['git-annex', 'drop', '--quiet', '.'],
    ]) {
      const startMs = performance.now();
      const ran = await runIn(clone, argv, { release: this.#options.release, allow: 'any' }).catch(
        (error: unknown) => ({ exitCode: -1, stderr: (error as Error).message }),
      );
      this.#commandsMs.push(performance.now() - startMs);
      if (ran.exitCode !== 0) this.wrong.push(`${argv.join(' ')}: ${ran.exitCode} ${ran.stderr}`);
    }
    this.#rounds++;
  }

  /** A small request, timed. */
  async probe(): Promise<void> {
    const { port, uuid, largeKey } = this.#options;
    const startMs = performance.now();
    const path = pathOf(uuid, 'checkpresent', largeKey);
    const reply = await ask(port, { method: 'POST', path }).catch(
      (error: unknown) => (error as Error).message,
    );
    this.#probesMs.push(performance.now() - startMs);
    const answer = typeof reply === 'string' ? reply : `${reply.status} ${reply.body.toString()}`;
    if (answer !== '200 {"present":true}') this.wrong.push(`checkpresent: ${answer}`);
  }

  report(): Omit<
    StallsReport,
    | 'before'
    | 'after'
    | 'memory before, at a tenth of the time, and after (MiB)'
    | 'peak memory (MiB)'
    | 'wrong'
  > {
    const sorted = [...this.#probesMs].sort((left, right) => left - right);
    return {
      seconds: Math.round((performance.now() - this.#startMs) / 1000),
      'requests that were read nothing of': this.#unread,
      'downloads cut off by their clients': this.#downloads,
      'uploads cut off by their clients': this.#uploads,
      'rounds of get -J4 and drop': this.#rounds,
      'longest command of git-annex (s)': Math.round(Math.max(...this.#commandsMs) / 100) / 10,
      'other requests, all answered': sorted.length,
      'longest of them (ms)': Math.round(sorted.at(-1) ?? 0),
      'median of them (ms)': Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    };
  }
}

/** What a clone of the served repository gets: so many files. */
export async function makeFiles(dir: string, release: Release): Promise<string> {
  const at = join(dir, 'served');
  const script = `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do head -c 200000 /dev/urandom > small$i; done
    git annex add --quiet . && git commit --quiet -m files`;
  await runIn(at, ['sh', '-c', script], { release });
  return at;
}

function pathOf(uuid: string, request: string, key: string): string {
  return `/git-annex/${uuid}/v4/${request}?key=${key}&clientuuid=11111111-2222-4333-8444-555555555555`;
}

function downloadOf(uuid: string, key: string): string {
  return `GET /git-annex/${uuid}/v4/key/${key}?clientuuid=c HTTP/1.1\r\nHost: x\r\n\r\n`;
}

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const readers = 20;
const leavers = 40;
const uploadBytes = 3_000_000;
const halfAnUpload = randomBytes(uploadBytes / 2);
const stayMs = 100_000;
