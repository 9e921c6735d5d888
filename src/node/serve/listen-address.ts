/** Where a server listens, as its configuration writes it. */

export type ListenAddress =
  | { readonly type: 'address'; readonly host: string | undefined; readonly port: number }
  | { readonly type: 'socket'; readonly path: string }
  | { readonly type: 'systemd' };

/** `127.0.0.1:80`, `[::1]:80`, `localhost:80`, `:80`, `unix:PATH`, `systemd`; undefined for anything else. */
export function parseListen(text: string): ListenAddress | undefined {
  if (text === 'systemd') return { type: 'systemd' };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : { type: 'socket', path };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  const host = match[1] ?? match[2];
  return { type: 'address', host: host === '' ? undefined : host, port };
}
