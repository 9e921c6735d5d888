// The other end of a conversation: a process that is written to and whose answers are read one by one, each with a
// bounded wait. An answer is a line, content (after a line `DATA n`), or the end.
import { once } from 'node:events';
import { startIn, type RunOptions, type Running } from '../../support/git-annex.ts';
import { contentName, withNames, type Names } from './names.ts';

const exitWaitMs = 15_000;

export class Peer implements AsyncDisposable {
  readonly #running: Running;
  readonly #names: Names;
  #pending = Buffer.alloc(0);
  #closed = false;
  #awaitedBytes = 0;
  #wake: () => void = () => undefined;
  /** Everything was read and the process has ended. */
  ended = false;

  constructor(
    argv: readonly string[],
    options: RunOptions & { readonly dir: string; readonly names: Names },
  ) {
    this.#names = options.names;
    this.#running = startIn(options.dir, argv, options);
    const { stdout } = this.#running.child;
    stdout?.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#wake();
    });
    stdout?.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  send(bytes: Buffer): void {
    if (this.#running.child.stdin?.writable === true) this.#running.child.stdin.write(bytes);
  }

  close(): void {
    this.#running.child.stdin?.end();
  }

  /** The next answer, or `(nothing)` when none came in time. */
  async answer(waitMs: number): Promise<string> {
    const deadline = performance.now() + waitMs;
    while (!this.#isReady() && performance.now() < deadline) await this.#more(deadline - performance.now());
    if (!this.#isReady()) return '(nothing)';
    if (this.#awaitedBytes > 0) return `+${this.#takeContent()}`;
    if (this.#pending.length === 0) return await this.#exit();
    return this.#takeLine();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
  }

  #isReady(): boolean {
    if (this.#closed) return true;
    if (this.#awaitedBytes > 0) return this.#pending.length >= this.#awaitedBytes;
    return this.#pending.includes('\n');
  }

  async #more(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(waitMs, 1));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #takeLine(): string {
    const end = this.#pending.indexOf('\n');
    const line = this.#take(end === -1 ? this.#pending.length : end).toString('latin1');
    if (end !== -1) this.#take(1);
    this.#awaitedBytes = Number(/^DATA (\d+)$/.exec(line)?.[1] ?? 0);
    return withNames(end === -1 ? `${line} (no line end)` : line, this.#names);
  }

  #takeContent(): string {
    const wanted = this.#awaitedBytes;
    const bytes = this.#take(Math.min(wanted, this.#pending.length));
    this.#awaitedBytes = 0;
    if (bytes.length === wanted) return contentName(bytes, this.#names);
    const what = bytes.length === 0 ? 'nothing' : contentName(bytes, this.#names);
    return `${what}, of ${wanted} bytes`;
  }

  #take(bytes: number): Buffer {
    const taken = this.#pending.subarray(0, bytes);
    this.#pending = this.#pending.subarray(bytes);
    return taken;
  }

  async #exit(): Promise<string> {
    this.ended = true;
    const { child, stderr } = this.#running;
    const late = new Promise<'late'>((resolve) => setTimeout(resolve, exitWaitMs, 'late').unref());
    const code = await Promise.race([this.#running.ended, late]);
    if (code === 'late') return '(end, but the process goes on)';
    if (!(child.stderr?.closed ?? true)) await once(child.stderr!, 'close');
    if (code === 0) return '(exit 0)';
    const reason =
      stderr()
        .split('\n')
        .find((line) => line.trim() !== '') ?? '';
    return `(exit ${code}) ${withNames(withoutPlaces(reason), this.#names)}`.trimEnd();
  }
}

// Which handle failed first is a matter of luck, and the words for it are of the Haskell runtime.
function withoutPlaces(reason: string): string {
  return /\b(?:h[A-Z]\w+|openFd\w*): /.test(reason) ? 'an I/O error' : reason.trim();
}
