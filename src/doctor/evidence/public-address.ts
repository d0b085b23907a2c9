// Which addresses and names are private, so that Twilio cannot reach them. Names are looked up elsewhere.
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

/** IPv6: unspecified, loopback, unique local, link local, multicast, documentation. */
const privateV6 = /^(?:::1?$|f[cd]|fe[89ab]|ff|2001:0?db8:)/i;

/** Names that public DNS does not resolve. */
const privateNames = /^localhost$|\.(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa|test|invalid|example)$/i;

function toNumber(v4: string): number | undefined {
  const parts = v4.split(".").map(Number);
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(v4) || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** `address`: without brackets. */
export function isPublicAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const number = toNumber(mapped ?? address);
  if (number === undefined) return !privateV6.test(address);
  return !privateV4.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(number / size) === Math.floor((toNumber(network) ?? 0) / size);
  });
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
