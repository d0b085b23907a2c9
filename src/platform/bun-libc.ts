// Functions of libc that Bun does not offer, by bun:ffi: datagrams on unix sockets, and the descriptors of accepted
// connections. Linux only.

import process from "node:process";
import { addressTail, type Descriptors, peerOf } from "./stalled-connections.ts";

// Linux, <bits/socket.h> of x86-64 and arm64 alike.
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const SHUT_RDWR = 2;
/** sizeof(struct sockaddr_storage). */
const ADDRESS_BYTES = 128;

/** Loaded at the first call, which is never before the server listens. */
const ffi = (): typeof import("bun:ffi") => process.getBuiltinModule("bun:ffi") as typeof import("bun:ffi");

function openLibc() {
  const { dlopen, FFIType } = ffi();
  const { i32, i64, u32, u64, ptr: pointer } = FFIType;
  const symbols = {
    socket: { args: [i32, i32, i32], returns: i32 },
    sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: i64 },
    getsockname: { args: [i32, pointer, pointer], returns: i32 },
    getpeername: { args: [i32, pointer, pointer], returns: i32 },
    shutdown: { args: [i32, i32], returns: i32 },
    close: { args: [i32], returns: i32 },
  } as const;
  const musl = `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  try {
    return dlopen("libc.so.6", symbols).symbols;
  } catch {
    return dlopen(musl, symbols).symbols;
  }
}

let opened: ReturnType<typeof openLibc> | undefined;

/** Opened at the first call. Undefined without libc, without JIT (bun:ffi needs it), or elsewhere than on Linux. */
function libc(): ReturnType<typeof openLibc> | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    opened ??= openLibc();
    return opened;
  } catch {
    return undefined;
  }
}

/** Sends a datagram to a unix socket (unix(7)): a path, or "@" and an abstract name. False when it was not sent. */
export function sendDatagram(address: string, message: string): boolean {
  const calls = libc();
  if (calls === undefined) return false;
  // "@" stands for the leading NUL of an abstract address, which has no trailing NUL. A path has one.
  const path = Buffer.from(address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`);
  const name = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), path]);
  const bytes = Buffer.from(message);
  const socket = calls.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (socket < 0) return false;
  const sent = calls.sendto(socket, ffi().ptr(bytes), BigInt(bytes.length), MSG_NOSIGNAL, ffi().ptr(name), name.length);
  calls.close(socket);
  return Number(sent) === bytes.length;
}

/** The descriptors of connections to `port`, which this process listens on. Undefined where {@link libc} is. */
export function openDescriptors(port: number): Descriptors | undefined {
  const calls = libc();
  if (calls === undefined) return undefined;
  const bytes = new Uint8Array(ADDRESS_BYTES);
  const length = new Uint32Array(1);
  const address = new DataView(bytes.buffer);
  const read = (call: "getsockname" | "getpeername", descriptor: number): boolean => {
    length[0] = ADDRESS_BYTES;
    return calls[call](descriptor, ffi().ptr(bytes), ffi().ptr(length)) === 0;
  };
  /** Whether the address that was read is an internet address (ip(7), ipv6(7)). */
  const isInternet = (): boolean => bytes[0] === AF_INET || bytes[0] === AF_INET6;
  const portRead = (): number => address.getUint16(2);
  return {
    lowestFree() {
      // socket(2) takes the lowest descriptor that is free.
      const descriptor = calls.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
      if (descriptor < 0) return undefined;
      calls.close(descriptor);
      return descriptor;
    },
    peerOf(descriptor) {
      if (!read("getsockname", descriptor) || !isInternet() || portRead() !== port) return undefined;
      if (!read("getpeername", descriptor)) return undefined;
      return peerOf(address.getUint32(bytes[0] === AF_INET ? 4 : 20), portRead());
    },
    shutDown: (descriptor) => void calls.shutdown(descriptor, SHUT_RDWR),
  };
}

/** The peer of a request, as {@link Descriptors} names it. */
export function peerOfRequest({ address, port }: Bun.SocketAddress): number {
  return peerOf(addressTail(address), port);
}
