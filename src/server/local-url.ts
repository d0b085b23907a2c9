// For programs on this machine: `voice check`, and the doctor in a second terminal.

/** The URL under which this machine reaches a listener: one on all interfaces is reached by loopback. */
export function localUrl(host: string, port: number): string {
  const address = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
