// The certificate authorities that the doctor trusts: the system's, plus those of --ca and NODE_EXTRA_CA_CERTS.

import { existsSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { DoctorEnvironment } from "../../config/config.ts";
import { readSmallFile } from "../../config/small-file.ts";
import { UsageError } from "../../config/usage-error.ts";
import type { TlsTrust } from "../../simulators/sockets/raw-connection.ts";

/** The bundles of Debian, Red Hat, and Alpine or macOS. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** A system's bundle has about 250 kB. */
const MAX_PEM_BYTES = 16_777_216;

function readPem(path: string, setting: string): string {
  const file = readSmallFile(path, MAX_PEM_BYTES);
  if (typeof file === "string") throw new UsageError(`${path} ${file}`, `${setting} takes a file of PEM certificates`);
  return new TextDecoder().decode(file.bytes);
}

/** SSL_CERT_FILE replaces the system's bundle. Throws a {@link UsageError} when a named file cannot be read. */
export function readTrust(caFile: string | undefined, insecure: boolean, { certFile, extraCertFile }: DoctorEnvironment): TlsTrust {
  if (insecure) return { insecure };
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
