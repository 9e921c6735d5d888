/**
 * The audit log: who stored, removed and pushed what, one JSON object a line, flushed to the disk. Requests never wait for
 * it, and it never throws: while it cannot be written (a full disk) its lines wait, up to a bound, and it is tried again;
 * what had to be given up is counted in a line of its own.
 *
 *     {"time":"2026-11-25T20:20:17.123Z","type":"store","user":"ann","address":"192.0.2.7","request":"3f","complete":true,
 *      "repository":"lab/mice","served":UUID,"reached":[UUID],"key":"SHA256E-…","file":"a/b.dat","client":UUID,"bytes":1048576}
 *     {"time":…,"type":"push","user":…,"address":…,"request":…,"repository":"lab/mice",
 *      "refs":[{"ref":"refs/heads/main","from":"9daad5…","to":"01b2c3…","outcome":"ok"}]}
 *     {"time":…,"type":"lost","count":12}
 *
 * A file that was renamed or removed is left for a new one of its name before the next line.
 */

import { open, stat, type FileHandle } from 'node:fs/promises';
import { formatWrapped } from '../../p2p/http/values.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { Change, ChangeSink, ContentChange, PushChange } from '../../types/change.ts';
import type { EventSink } from '../../types/event.ts';
import type { Clock } from '../../util/clock.ts';

export interface AuditLogOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Opens the file for appending; Node's own where not given. */
  readonly openFile?: ((path: string) => Promise<LogFile>) | undefined;
}

export type LogFile = Pick<FileHandle, 'appendFile' | 'datasync' | 'truncate' | 'stat' | 'close'>;

export class AuditLog {
  readonly #options: AuditLogOptions;
  #file: LogFile | undefined;
  /** What waits to be written, oldest first. */
  #lines: string[] = [];
  #waitingChars = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;
  #hasWarned = false;
  #isClosing = false;
  #isToReopen = false;
  #wake: (() => void) | undefined;

  private constructor(options: AuditLogOptions, file: LogFile) {
    this.#options = options;
    this.#file = file;
  }

  /** Rejects with a `config` error where the file cannot be written. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { path, openFile = openForAppending } = options;
    const file = await openFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new AnnexError('config', `${path} cannot be written: ${error.code ?? error.message}`, {
        cause: error,
      });
    });
    return new AuditLog(options, file);
  }

  readonly write: ChangeSink = (change) => {
    const line = formatChange(change, this.#options.clock.now());
    if (this.#waitingChars + line.length > maxWaitingChars) this.#lost++;
    else {
      this.#lines.push(line);
      this.#waitingChars += line.length;
    }
    this.#begin();
  };

  /** The next line goes to a file that is opened anew: `SIGHUP` asks for it when a log was put aside. */
  reopen(): void {
    this.#isToReopen = true;
  }

  /** Writes what waits, if it can be written, and closes the file. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake?.();
    await this.#writing;
    if (this.#lines.length > 0) await this.#writeAll();
    await this.#closeFile();
  }

  #begin(): void {
    this.#writing ??= this.#work().finally(() => {
      this.#writing = undefined;
    });
  }

  async #work(): Promise<void> {
    while (this.#lines.length > 0 && !this.#isClosing) {
      if (await this.#writeAll()) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#options.clock.after(retryMs, resolve);
      });
    }
  }

  /** @returns whether all that waited is on the disk */
  async #writeAll(): Promise<boolean> {
    const lines = [...this.#lines];
    const lost = this.#lost;
    try {
      await this.#followPath();
      const { path, openFile = openForAppending, clock } = this.#options;
      this.#file ??= await openFile(path);
      const note =
        lost === 0 ? '' : `${JSON.stringify({ time: timeText(clock.now()), type: 'lost', count: lost })}\n`;
      await append(this.#file, lines.join('') + note);
    } catch (error) {
      this.#warn(error);
      return false;
    }
    this.#lines = this.#lines.slice(lines.length);
    this.#waitingChars = this.#lines.reduce((sum, { length }) => sum + length, 0);
    this.#lost -= lost;
    this.#hasWarned = false;
    return true;
  }

  async #followPath(): Promise<void> {
    if (this.#isToReopen) {
      this.#isToReopen = false;
      await this.#closeFile();
    }
    if (this.#file === undefined) return;
    const own = await this.#file.stat();
    const there = await stat(this.#options.path).catch(() => undefined);
    if (there === undefined || there.ino !== own.ino || there.dev !== own.dev) await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = `the audit log ${this.#options.path} cannot be written: ${code ?? message}`;
    this.#options.events({ type: 'warning', message: reason });
  }
}

/** All or nothing: a part of a line would spoil the next one. */
async function append(file: LogFile, text: string): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(text);
    await file.datasync();
  } catch (error) {
    await file.truncate(size).catch(() => undefined);
    throw error;
  }
}

async function openForAppending(path: string): Promise<FileHandle> {
  return await open(path, 'a', 0o640);
}

function formatChange(change: Change, nowMs: number): string {
  const { type, user, address, requestId, repository } = change;
  const details = change.type === 'push' ? pushFields(change) : contentFields(change);
  const common = { time: timeText(nowMs), type, user, address, request: requestId, repository };
  return `${JSON.stringify({ ...common, ...details })}\n`;
}

function contentFields(change: ContentChange): object {
  const { isComplete, served, reached, key, associatedFile, clientUUID, receivedBytes } = change;
  return {
    complete: isComplete,
    served,
    reached,
    key: formatWrapped(key),
    file: associatedFile === undefined ? undefined : formatWrapped(associatedFile),
    client: clientUUID,
    bytes: receivedBytes,
  };
}

function pushFields({ refs }: PushChange): object {
  return {
    refs: refs.map(({ ref, from, to, outcome }) => ({
      ref: formatWrapped(ref),
      from,
      to,
      outcome: outcome === undefined ? undefined : formatWrapped(outcome),
    })),
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

// Tens of thousands of lines as they usually are.
const maxWaitingChars = 8 * 1024 * 1024;
const retryMs = 1000;
