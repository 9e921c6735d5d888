/** Where p2phttp listens, by its options and by what systemd passed. */

import process from 'node:process';
import { resolve } from 'node:path';
import { Certificates, type CertificateOptions } from '../node/http/certificates.ts';
import { inheritedSockets } from '../node/http/inherited-sockets.ts';
import type { Place } from '../node/http/place.ts';
import { AnnexError } from '../types/annex-error.ts';

export interface ListenFlags {
  readonly bind?: string | undefined;
  readonly port?: number | undefined;
  readonly socket?: string | undefined;
  readonly certfile?: string | undefined;
  readonly privatekeyfile?: string | undefined;
  readonly chainfile?: readonly string[] | undefined;
}

export interface ListenPlaces {
  readonly places: readonly Place[];
  /** Stops looking at the certificate's files. */
  close(): void;
}

/** @param cwd what paths are relative to */
export async function listenPlaces(
  flags: ListenFlags,
  options: CertificateOptions & { readonly cwd: string },
): Promise<ListenPlaces> {
  const certificates = await openCertificates(flags, options);
  const reload = (): void => void certificates?.reload();
  if (certificates !== undefined) process.on('SIGHUP', reload);
  return {
    places: placesOf(flags, options.cwd).map((place) => ({ ...place, certificates })),
    close() {
      process.off('SIGHUP', reload);
      certificates?.close();
    },
  };
}

/** Sockets that were passed stand in for the address that nobody gave. */
function placesOf({ socket, bind, port }: ListenFlags, cwd: string): readonly Place[] {
  const passed = inheritedSockets(process.env);
  if (socket !== undefined) return [...passed, { socket: resolve(cwd, socket) }];
  if (passed.length > 0 && bind === undefined && port === undefined) return passed;
  return [...passed, { host: bind, port: port ?? annexPort }];
}

async function openCertificates(
  { certfile, privatekeyfile, chainfile }: ListenFlags,
  options: CertificateOptions & { readonly cwd: string },
): Promise<Certificates | undefined> {
  if (certfile === undefined && privatekeyfile === undefined && chainfile === undefined) return undefined;
  if (certfile === undefined || privatekeyfile === undefined) {
    // git-annex's words.
    const message = 'You must use both --certfile and --privatekeyfile options to enable HTTPS.';
    throw new AnnexError('config', message);
  }
  const [certFile, keyFile, ...chainFiles] = [certfile, privatekeyfile, ...(chainfile ?? [])].map((file) =>
    resolve(options.cwd, file),
  ) as [string, string, ...string[]];
  return await Certificates.open({ certFile, keyFile, chainFiles }, options);
}

/** Of annex+http and annex+https URLs that name none. */
const annexPort = 9417;
