// A certificate of any lifetime for 127.0.0.1, self-signed, made when a test needs one: X.509 v3 (RFC 5280) in DER
// (ITU-T X.690), with a key on P-256 (RFC 5480).

import { generateKeyPairSync, sign } from "node:crypto";

export interface MadeCertificate {
  /** PEM. A client that trusts `cert` accepts the server. */
  readonly cert: string;
  readonly key: string;
}

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));

/** ecdsa-with-SHA256: 1.2.840.10045.4.3.2 */
const ALGORITHM = sequence(tlv(0x06, hex("2a8648ce3d040302")));
/** 2.5.4.3 (commonName), 2.5.29.17 (subjectAltName), 2.5.29.19 (basicConstraints). */
const [COMMON_NAME, ALT_NAME, CONSTRAINTS] = ["550403", "551d11", "551d13"].map((oid) => tlv(0x06, hex(oid))) as [Buffer, Buffer, Buffer];

/** GeneralizedTime, which RFC 5280 4.1.2.5 asks for from 2050 on, and clients accept before. */
function time(ms: number): Buffer {
  const text = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  return Number(text.slice(0, 4)) < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

/** Valid from a day ago until `notAfterMs` (epoch). */
export function makeCertificate(notAfterMs: number): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(tlv(0x31, sequence(COMMON_NAME, utf8("voice tests"))));
  const isAuthority = sequence(CONSTRAINTS, tlv(0x01, hex("ff")), tlv(0x04, sequence(tlv(0x01, hex("ff")))));
  const here = sequence(ALT_NAME, tlv(0x04, sequence(tlv(0x87, Buffer.from([127, 0, 0, 1])))));
  const body = sequence(
    tlv(0xa0, tlv(0x02, hex("02"))),
    tlv(0x02, hex("01")),
    ALGORITHM,
    name,
    sequence(time(Date.now() - 86_400_000), time(notAfterMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(isAuthority, here)),
  );
  const der = sequence(body, ALGORITHM, tlv(0x03, hex("00"), sign("sha256", body, privateKey)));
  const lines = der.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key };
}
