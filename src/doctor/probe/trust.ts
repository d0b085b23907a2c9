// Whom the doctor trusts to vouch for a certificate: the system's authorities, and whoever is named beside them.

import { existsSync, readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { DoctorEnvironment } from "../../config/config.ts";
import { UsageError } from "../../config/usage-error.ts";
import type { Trust } from "../../simulators/sockets/connection.ts";

/** Where systems keep their bundle: Debian, Red Hat, Alpine and macOS. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`, `${what} names a file of PEM certificates`);
  }
}

/** Reads them. Throws a {@link UsageError} on a file that was named and cannot be read. */
export function doctorTrust(caFile: string | undefined, insecure: boolean, environment: DoctorEnvironment): Trust {
  if (insecure) return { insecure };
  const { certFile, extraCertFile } = environment;
  const bundle = systemBundles.find((path) => existsSync(path));
  const roots =
    certFile !== undefined
      ? readPem(certFile, "SSL_CERT_FILE")
      : bundle === undefined
        ? rootCertificates.join("\n")
        : readPem(bundle, "the system's bundle");
  const extra = extraCertFile === undefined ? "" : readPem(extraCertFile, "NODE_EXTRA_CA_CERTS");
  const own = caFile === undefined ? "" : readPem(caFile, "--ca");
  return { ca: [roots, extra, own].join("\n") };
}
