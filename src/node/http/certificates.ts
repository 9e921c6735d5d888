/**
 * The certificate, key and chain of a TLS server, read from their files and read anew when those change, so that a renewed
 * certificate needs no restart. Files are looked at and not watched: tools that renew replace files, and links to them,
 * in ways that watching misses. A change counts once it has stood for a while, since key and certificate change one after
 * the other; one that makes no sense is warned of, and what was there before is kept.
 */

import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type Server as TLSServer } from 'node:tls';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import type { Clock, Timer } from '../../util/clock.ts';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** In order, from the certificate's issuer on. */
  readonly chainFiles?: readonly string[] | undefined;
}

export interface CertificateOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  /** How often the files are looked at. */
  readonly lookEveryMs?: number | undefined;
}

/** What node:tls wants. */
export interface Credentials {
  readonly cert: string;
  readonly key: Buffer;
}

export class Certificates {
  readonly #files: CertificateFiles;
  readonly #options: CertificateOptions;
  readonly #servers = new Set<TLSServer>();
  #credentials: Credentials;
  /** What the files looked like when they were last read, and when they were last looked at. */
  #readAs: string;
  #seenAs: string;
  #timer: Timer | undefined;
  #isClosed = false;

  /** Throws AnnexError('config') where the files cannot be read, or do not go together. */
  static async open(files: CertificateFiles, options: CertificateOptions): Promise<Certificates> {
    const looks = await look(files);
    return new Certificates(files, options, { looks, credentials: await read(files) });
  }

  private constructor(
    files: CertificateFiles,
    options: CertificateOptions,
    first: { readonly looks: string; readonly credentials: Credentials },
  ) {
    this.#files = files;
    this.#options = options;
    this.#credentials = first.credentials;
    this.#readAs = first.looks;
    this.#seenAs = first.looks;
    this.#lookLater();
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** New connections to the server get the certificate of that moment. */
  follow(server: TLSServer): void {
    this.#servers.add(server);
  }

  /** Reads the files now. */
  async reload(): Promise<void> {
    try {
      this.#readAs = await look(this.#files);
      const credentials = await read(this.#files);
      for (const server of this.#servers) server.setSecureContext(credentials);
      this.#credentials = credentials;
      this.#options.events({ type: 'certificate-loaded', file: this.#files.certFile });
    } catch (error) {
      const { message } = toAnnexError(error, this.#files.certFile);
      this.#options.events({
        type: 'warning',
        message: `the new certificate is not used, the one before it stays: ${message}`,
      });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    const { clock, lookEveryMs = usualLookMs } = this.#options;
    this.#timer = clock.after(lookEveryMs, () => void this.#look().finally(() => this.#lookLater()));
  }

  async #look(): Promise<void> {
    const looks = await look(this.#files);
    const isSettled = looks === this.#seenAs;
    this.#seenAs = looks;
    if (isSettled && looks !== this.#readAs) await this.reload();
  }
}

/** Changes when one of the files, or where a link leads, does. */
async function look(files: CertificateFiles): Promise<string> {
  const stats = await Promise.all(
    allOf(files).map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return stats.map((each) => `${each?.dev} ${each?.ino} ${each?.size} ${each?.mtimeNs}`).join('\n');
}

async function read(files: CertificateFiles): Promise<Credentials> {
  const [key, ...certificates] = await Promise.all(allOf(files).map(readOne));
  const credentials = {
    key: key as Buffer,
    cert: certificates.map((pem) => `${pem.toString('latin1')}\n`).join(''),
  };
  try {
    createSecureContext(credentials);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AnnexError('config', `${files.certFile} and ${files.keyFile} cannot be used: ${reason}`, {
      cause: error,
    });
  }
  return credentials;
}

async function readOne(path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AnnexError('config', `the certificate cannot be read: ${reason}`, { cause: error });
  });
}

function allOf({ keyFile, certFile, chainFiles = [] }: CertificateFiles): readonly string[] {
  return [keyFile, certFile, ...chainFiles];
}

const usualLookMs = 2000;
