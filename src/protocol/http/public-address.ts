// Which addresses and names are private: Twilio cannot reach them, and tools must not. Names are looked up elsewhere.
// Follows the IANA special-purpose address registries (RFC 6890), RFC 6761, RFC 6762 and RFC 8375

/** IPv4 networks that are not routed publicly. */
const privateV4: readonly (readonly [network: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Names that public DNS does not resolve. */
const privateNames = /^localhost$|\.(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa|test|invalid|example)$/i;

function toNumber(v4: string): number | undefined {
  const parts = v4.split(".").map(Number);
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(v4) || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** `address`: without brackets. What is not an address is not public. */
export function isPublicAddress(address: string): boolean {
  const number = toNumber(address);
  if (number !== undefined) return isPublicV4(number);
  const groups = toGroups(address);
  return groups !== undefined && isPublicV6(groups);
}

function isPublicV4(number: number): boolean {
  return !privateV4.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(number / size) === Math.floor((toNumber(network) ?? 0) / size);
  });
}

/**
 * Global unicast is 2000::/3 (RFC 4291 section 2.4), less documentation and tunnels. An address that holds an IPv4 one
 * is as public as that.
 */
function isPublicV6(groups: readonly number[]): boolean {
  const [first = 0, second = 0] = groups;
  const v4At = (index: number): number => (groups[index] ?? 0) * 65_536 + (groups[index + 1] ?? 0);
  const startsWith = (...start: readonly number[]): boolean => start.every((group, index) => groups[index] === group);
  if (startsWith(0, 0, 0, 0, 0, 0xffff)) return isPublicV4(v4At(6)); // ::ffff:0:0/96, RFC 4291 section 2.5.5.2
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return isPublicV4(v4At(6)); // NAT64, RFC 6052
  if (first === 0x2002) return isPublicV4(v4At(1)); // 6to4, RFC 3056
  if (first === 0x2001 && (second === 0x0db8 || second < 0x200)) return false; // documentation; RFC 2928, Teredo among them
  if (first === 0x3fff && second < 0x1000) return false; // documentation, RFC 9637
  return first >= 0x2000 && first < 0x4000;
}

/** The eight groups of an IPv6 address, in any of its spellings. */
function toGroups(address: string): readonly number[] | undefined {
  const host = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1);
  if (host === undefined || !address.includes(":")) return undefined;
  const [head = "", tail] = host.split("::");
  const parse = (text: string | undefined): number[] => (text ? text.split(":").map((group) => Number.parseInt(group, 16)) : []);
  const [before, after] = [parse(head), parse(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

/**
 * Whether a URL's host is private by its spelling alone. An ordinary name is not, although it may resolve to a private
 * address.
 */
export function isPrivateHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  const isLiteral = bare.includes(":") || toNumber(bare) !== undefined;
  return isLiteral ? !isPublicAddress(bare) : privateNames.test(bare) || !bare.includes(".");
}
