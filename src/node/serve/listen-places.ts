/** Where `annexus serve` listens, by its configuration and by what systemd passed. */

import process from 'node:process';
import { AnnexError } from '../../types/annex-error.ts';
import { Certificates, type CertificateOptions } from '../http/certificates.ts';
import { inheritedSockets } from '../http/inherited-sockets.ts';
import type { Place } from '../http/place.ts';
import { parseListen } from './listen-address.ts';
import type { ReadConfig } from './read-config.ts';

/** Undefined where there is no TLS. Throws AnnexError('config') where its files are not right. */
export async function openCertificates(
  { config, resolvePath }: ReadConfig,
  options: CertificateOptions,
): Promise<Certificates | undefined> {
  const { tls } = config;
  if (tls === undefined) return undefined;
  const files = {
    certFile: resolvePath(tls.certificate),
    keyFile: resolvePath(tls.key),
    chainFiles: tls.chain?.map(resolvePath),
  };
  return await Certificates.open(files, options);
}

/** Unix sockets are for proxies on this machine, and speak no TLS. */
export function listenPlaces(
  { config, resolvePath }: ReadConfig,
  certificates: Certificates | undefined,
): readonly Place[] {
  return config.listen.flatMap((text): readonly Place[] => {
    const address = parseListen(text);
    if (address?.type === 'socket') return [{ socket: resolvePath(address.path), mode: 0o770 }];
    if (address?.type === 'address') return [{ host: address.host, port: address.port, certificates }];
    const passed = inheritedSockets(process.env);
    if (passed.length > 0) return passed.map((place) => ({ ...place, certificates }));
    throw new AnnexError(
      'config',
      'the configuration says to listen where systemd does, and it passed no socket',
    );
  });
}
