/** What a configuration says about files that the web server in front is to send, checked. */

import { realpath } from 'node:fs/promises';
import type { Sendfile } from '../../p2p/http/web/sendfile.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { textToByteString } from '../../util/byte-string.ts';

export type SendfileOptions =
  /** nginx: `prefix` is an internal location, with a slash at each end, whose `alias` is `root`. */
  | { readonly header: 'X-Accel-Redirect'; readonly root: string; readonly prefix: string }
  /** Apache with mod_xsendfile, lighttpd: they may send what is below `root`. */
  | { readonly header: 'X-Sendfile'; readonly root: string };

/** Throws AnnexError('config') where the root is not there, or the prefix no location. */
export async function openSendfile(options: SendfileOptions): Promise<Sendfile> {
  const real = await realpath(options.root).catch((error: unknown) => {
    throw new AnnexError('config', `${options.header}: there is no directory ${options.root}`, {
      cause: error,
    });
  });
  const root = textToByteString(real);
  if (options.header === 'X-Sendfile') return { header: options.header, root };
  const { header, prefix } = options;
  if (!/^\/([A-Za-z0-9._~-]+\/)+$/.test(prefix)) {
    throw new AnnexError(
      'config',
      `${header}: the prefix ${prefix} has to be a path with a slash at each end`,
    );
  }
  return { header, root, prefix };
}
