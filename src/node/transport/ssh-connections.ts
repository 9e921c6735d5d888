/**
 * The connections that ssh processes share, one for each host and its options (ssh_config(5), ControlMaster).
 *
 * The first process to a host opens the connection, and the others wait until it has. Sockets have short paths: in the
 * repository where its path allows, else in the runtime directory or a new temporary one. They are ours alone, so that
 * closing them ends nobody else's.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { processChannel } from '../channel/process-channel.ts';
import { sshExitArgv, type SshSettings } from './ssh-command.ts';
import type { SshUrl } from './ssh-url.ts';
import { SharedFiles, type SharingRepository } from '../repository/shared-files.ts';

export interface SshConnectionsOptions {
  /** The gateway's own repository. */
  readonly git: SharingRepository;
  readonly environment: NodeJS.ProcessEnv;
}

export class SshConnections {
  readonly #options: SshConnectionsOptions;
  /** Every socket that was given out: also of a conversation that failed the connection may be there. */
  readonly #given = new Map<string, SshUrl>();
  readonly #open = new Set<string>();
  readonly #opening = new Map<string, Promise<void>>();
  #directory: Promise<string | undefined> | undefined;
  #temporary: string | undefined;

  constructor(options: SshConnectionsOptions) {
    this.#options = options;
  }

  get environment(): NodeJS.ProcessEnv {
    return this.#options.environment;
  }

  /**
   * Runs `connect` with the path of the socket to share, or with none where nothing is to be shared. Of several that
   * begin with a host one goes first.
   */
  async share<T>(
    url: SshUrl,
    { settings, signal }: { readonly settings: SshSettings; readonly signal: AbortSignal },
    connect: (controlPath: string | undefined) => Promise<T>,
  ): Promise<T> {
    const path = await this.#socketPath(url, settings);
    if (path === undefined) return await connect(undefined);
    for (;;) {
      signal.throwIfAborted();
      if (this.#open.has(path)) return await connect(path);
      const first = this.#opening.get(path);
      if (first === undefined) break;
      await untilAborted(first, signal);
    }
    this.#given.set(path, url);
    const connecting = connect(path);
    const opening = connecting.then(
      () => void this.#open.add(path),
      () => undefined,
    );
    this.#opening.set(
      path,
      opening.finally(() => this.#opening.delete(path)),
    );
    return await connecting;
  }

  /** Ends the connections; what runs over them ends with them. */
  async close(): Promise<void> {
    const stopping = [...this.#given].map(async ([path, url]) => {
      if (!existsSync(path)) return;
      const ending = processChannel({ argv: sshExitArgv(url, path), env: this.#options.environment });
      const timer = setTimeout(() => ending.destroy(), exitTimeoutMs);
      await ending.exited;
      clearTimeout(timer);
      ending.destroy();
    });
    this.#given.clear();
    this.#open.clear();
    await Promise.all(stopping);
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }

  async #socketPath(url: SshUrl, settings: SshSettings): Promise<string | undefined> {
    if (!settings.isSharing || settings.gitSsh !== undefined) return undefined;
    this.#directory ??= this.#makeDirectory();
    const directory = await this.#directory;
    if (directory === undefined) return undefined;
    const identity = JSON.stringify([url.destination, url.port, settings.options]);
    return join(directory, socketName(identity));
  }

  async #makeDirectory(): Promise<string | undefined> {
    const { git, environment } = this.#options;
    const files = new SharedFiles(git);
    const runtime = environment['XDG_RUNTIME_DIR'];
    const candidates = [join(files.annexDir, 'annexus', 'ssh')];
    if (runtime !== undefined && runtime !== '') candidates.push(join(runtime, 'annexus-ssh'));
    for (const directory of candidates) {
      if (!fits(directory)) continue;
      try {
        // What is above it others use as well.
        await files.makeDirectory(dirname(directory));
        await mkdir(directory, { recursive: true, mode: 0o700 });
        return directory;
      } catch {
        // A repository that may not be written to, for instance.
      }
    }
    for (const base of [tmpdir(), '/tmp']) {
      if (!fits(join(base, 'annexus-XXXXXX'))) continue;
      try {
        this.#temporary = await mkdtemp(join(base, 'annexus-'));
        return this.#temporary;
      } catch {
        // The next one may do.
      }
    }
    return undefined;
  }
}

function socketName(identity: string): string {
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 12);
  return `${hash}-${process.pid.toString(36)}`;
}

function fits(directory: string): boolean {
  return Buffer.byteLength(directory) + 1 + maxNameBytes <= maxPathBytes;
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', stop);
}

/** 12 digits of the hash, a dash, and a process id in base 36. */
const maxNameBytes = 19;
/** Systems allow some 104 bytes, and ssh appends 17 while it makes the socket. */
const maxPathBytes = 83;
const exitTimeoutMs = 5000;
