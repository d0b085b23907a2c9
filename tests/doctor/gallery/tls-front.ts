// A TLS proxy in front of a gallery server, with a certificate of tests/data/tls.

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import type { MadeCertificate } from "../../support/make-certificate.ts";
import type { GalleryWorld, RunningServer } from "./exhibit.ts";

const tlsFile = (name: string): string => new URL(`../../data/tls/${name}.pem`, import.meta.url).pathname;

/** Path of the authority to trust with `--ca`. */
export const galleryAuthority: string = tlsFile("root");

/** `good`; `expired`; `misnamed`: for old.example.com; `lonely`: without its intermediate; `cert`: self-signed. */
export type Certificate = "good" | "expired" | "misnamed" | "lonely" | "cert";

export interface Front {
  readonly port: number;
  stop(): void;
}

/** Starts a proxy that forwards everything to a port of 127.0.0.1. */
export async function tlsFront(certificate: Certificate | MadeCertificate, toPort: number): Promise<Front> {
  const files =
    typeof certificate === "string" ? { cert: readFileSync(tlsFile(certificate)), key: readFileSync(tlsFile("key")) } : certificate;
  const server = createServer(files, (secure) => {
    const plain = connect(toPort, "127.0.0.1");
    for (const [one, other] of [
      [secure, plain],
      [plain, secure],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { port, stop: () => void server.close() };
}

/** Puts a whole server behind TLS: its webhook is requested over https. */
export function behindTls(
  open: (world: GalleryWorld) => Promise<RunningServer>,
  certificate: Certificate = "good",
): (world: GalleryWorld) => Promise<RunningServer> {
  return async (world) => {
    const inner = await open(world);
    const { port, pathname } = new URL(inner.url);
    const front = await tlsFront(certificate, Number(port));
    const stop = async (): Promise<void> => {
      front.stop();
      await inner.stop();
    };
    return { url: `https://127.0.0.1:${front.port}${pathname}`, stop };
  };
}
