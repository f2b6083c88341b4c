/**
 * The network under which an address is counted: an IPv4 address itself, or the /64 of an IPv6 address, because one
 * host usually has all addresses of a /64.
 */
export function networkOf(address = ''): string {
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length);
  if (!address.includes(':')) return address;
  const [before = [], after = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
