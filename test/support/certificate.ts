// Self-made certificates, for servers that tests start.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface CertificatePaths {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A self-signed one for localhost and 127.0.0.1, which is its own authority. Made anew, it replaces the files. */
export async function makeCertificate(directory: string, name = 'server'): Promise<CertificatePaths> {
  const [certFile, keyFile] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)('openssl', [...words, ...names, '-keyout', keyFile, '-out', certFile]);
  return { certFile, keyFile };
}
