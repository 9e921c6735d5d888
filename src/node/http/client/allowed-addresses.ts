/**
 * Addresses that may be connected to when somebody else's server names them (annex.security.allowed-ip-addresses): public
 * ones, and of the others those that the setting lists. Only what the operator configured may lead anywhere.
 *
 * The check is made when a name is looked up, and the address that passed is the one connected to.
 */

import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AnnexError } from '../../../types/annex-error.ts';
import type { GitConfig } from '../../git/git-config.ts';

export interface AllowedAddresses {
  /** Whether this port of this address may be connected to. */
  allows(address: string, port: number): boolean;
}

export function allowedAddresses(config: GitConfig): AllowedAddresses {
  const setting =
    config.get('annex.security.allowed-ip-addresses') ?? config.get('annex.security.allowed-http-addresses');
  const words = (setting ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.includes('all')) return { allows: () => true };
  const listed = new Set(words);
  return {
    allows: (address, port) =>
      !isPrivate(address) || listed.has(address) || listed.has(`[${address}]:${port}`),
  };
}

/** A lookup for connections to one port. A literal address is checked by `allows` beforehand: it is never looked up. */
export function lookupAllowed(allowed: AllowedAddresses, port: number): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const usable = found.filter(({ address }) => allowed.allows(address, port));
      const [first] = usable;
      if (first === undefined) callback(refused(hostname), []);
      else if (options.all === true) callback(error, usable);
      else callback(error, first.address, first.family);
    });
  };
}

/** Whether an address of digits may be connected to; a name is checked when it is looked up. */
export function assertAllowed(host: string, port: number, allowed: AllowedAddresses): void {
  if (isIP(host) !== 0 && !allowed.allows(host, port)) throw refused(host);
}

function refused(host: string): AnnexError {
  const message = `${host} is not a public address, and annex.security.allowed-ip-addresses does not allow it`;
  return new AnnexError('config', message);
}

function isPrivate(address: string): boolean {
  const family = isIP(address);
  // What is no address can be anything.
  return family === 0 || privateAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

const privateAddresses = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  privateAddresses.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  privateAddresses.addSubnet(network, prefix, 'ipv6');
}
