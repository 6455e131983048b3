/** Addresses from which, or at which, only this machine is reached. */

import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether `address` is an IP address of loopback, in any way of writing it. A name is none. */
export const isLoopbackAddress = (address: string | undefined): boolean => {
  const family = isIP(address ?? '');
  return address !== undefined && family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6');
};
