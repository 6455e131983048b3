/** IP addresses: those of this machine, those of private networks, and lists of them. */

import { BlockList, isIP } from 'node:net';

interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Leading bits that all addresses of the network share. */
  readonly prefix: number;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

const readNetwork = (text: string): Network | undefined => {
  const [address = '', bits, ...more] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) return undefined;
  const family = familyOf(address);
  const most = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.POSITIVE_INFINITY;
  return prefix <= most ? { address, family, prefix } : undefined;
};

/** Whether `text` is an IP address, or a network such as `10.0.0.0/8` or `fd00::/8`. */
export const isNetwork = (text: string): boolean => readNetwork(text) !== undefined;

/**
 * Whether an address is in one of these networks, in any way of writing it: an IPv4 address mapped into IPv6 is the IPv4
 * address. What is no address, a name for instance, is in none. Entries that are no networks are left out.
 */
export const createNetworkList = (networks: readonly string[]): ((address: string | undefined) => boolean) => {
  const list = new BlockList();
  for (const { address, prefix, family } of networks.map(readNetwork).filter((each) => each !== undefined)) {
    list.addSubnet(address, prefix, family);
  }
  return (address = '') => isIP(address) !== 0 && list.check(address, familyOf(address));
};

/** Whether `address` is an IP address that only this machine reaches, in any way of writing it. A name is none. */
export const isLoopbackAddress = createNetworkList(['127.0.0.0/8', '::1']);

/** Whether `address` is one that the public internet does not reach: loopback, private, shared or local to a link. */
export const isPrivateAddress = createNetworkList([
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
]);
