/** IP addresses: lists of addresses and networks, and the loopback and private ones. */

import { BlockList, isIP } from 'node:net';

interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** The number of leading bits that all addresses of the network share. */
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

const mapped = '::ffff:';

/** The dotted form of an IPv4 address or of an IPv4 address mapped into IPv6; undefined for any other address. */
const quadOf = (address: string): string | undefined => {
  const plain = address.startsWith(mapped) ? address.slice(mapped.length) : address;
  return isIP(plain) === 4 ? plain : undefined;
};

const listOf = (networks: readonly Network[]): BlockList => {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
};

const everyMapped = listOf([{ address: `${mapped}0.0.0.0`, family: 'ipv6', prefix: 96 }]);

/** Whether a network written in IPv6 contains IPv4 addresses mapped into IPv6. */
const holdsMapped = (network: Network): boolean =>
  network.family === 'ipv6' &&
  (everyMapped.check(network.address, 'ipv6') || listOf([network]).check(`${mapped}0.0.0.0`, 'ipv6'));

const numberOf = (quad: string): number => {
  let number = 0;
  for (const octet of quad.split('.')) number = number * 256 + Number(octet);
  return number;
};

/**
 * A function that says whether an address is in one of `networks`, however the address is written: an IPv4 address mapped
 * into IPv6 counts as the IPv4 address. Text that is not an address, such as a host name, is in none. Entries that are not
 * networks are ignored.
 */
export const createNetworkList = (networks: readonly string[]): ((address: string | undefined) => boolean) => {
  const all = networks.map(readNetwork).filter((each) => each !== undefined);
  const list = listOf(all);
  const others = listOf(all.filter(holdsMapped));
  const quads = all
    .filter(({ family }) => family === 'ipv4')
    .map(({ address, prefix }) => {
      const size = 2 ** (32 - prefix);
      return { size, at: Math.floor(numberOf(address) / size) };
    });
  const decide = (address: string): boolean => {
    // Asked once per connection. A BlockList takes 14 us, and most addresses do not need it.
    const quad = quadOf(address);
    if (quad === undefined) return isIP(address) !== 0 && list.check(address, familyOf(address));
    const number = numberOf(quad);
    if (quads.some(({ size, at }) => Math.floor(number / size) === at)) return true;
    return others.rules.length > 0 && others.check(quad);
  };
  // The same address is asked about several times for one connection.
  let last: string | undefined;
  let answer = false;
  return (address = '') => {
    if (all.length === 0) return false;
    if (address !== last) {
      answer = decide(address);
      last = address;
    }
    return answer;
  };
};

/** Whether `address` is an IP address that only this machine can reach, however it is written. False for a host name. */
export const isLoopbackAddress = createNetworkList(['127.0.0.0/8', '::1']);

/** Whether `address` is one that the public internet cannot reach: loopback, private, shared or link-local. */
export const isPrivateAddress = createNetworkList([
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
]);
