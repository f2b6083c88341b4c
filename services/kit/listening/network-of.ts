/**
 * Whom an address counts as: an IPv4 address as itself, an IPv6 address as its network of 64 bits, since one host has
 * all addresses of such a network.
 */
export function networkOf(address = ''): string {
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length);
  if (!address.includes(':')) return address;
  const [before = [], after = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
