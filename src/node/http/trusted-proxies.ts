/** Which peers are proxies that are believed: addresses, networks (CIDR), and the word `unix` for peers at a unix socket. */

import { BlockList, isIP } from 'node:net';
import type { IsTrusted } from './forwarded.ts';

/** Undefined where one of the texts is none of these. */
export function trustedProxies(texts: readonly string[]): IsTrusted | undefined {
  const list = new BlockList();
  let unix = false;
  for (const text of texts) {
    if (text === 'unix') unix = true;
    else if (!addNetwork(list, text)) return undefined;
  }
  return (address) => {
    if (address === undefined) return unix;
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

function addNetwork(list: BlockList, text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) {
    list.addAddress(address, type);
    return true;
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return false;
  list.addSubnet(address, Number(bits), type);
  return true;
}
