// Which hosts the internet cannot reach.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { isPrivateHost, isPublicAddress } from "../../../src/protocol/http/public-address.ts";

const addresses = {
  "9.9.9.9": true,
  "10.1.2.3": false,
  "172.15.255.255": true,
  "172.16.0.1": false,
  "172.31.255.255": false,
  "172.32.0.1": true,
  "192.168.1.1": false,
  "100.64.0.1": false,
  "100.128.0.1": true,
  "127.8.9.1": false,
  "169.254.169.254": false,
  "255.255.255.255": false,
  "::1": false,
  "fd00::1": false,
  "fe80::1": false,
  "2606:4700::1111": true,
  "2001:db8::1": false,
  "::ffff:10.0.0.1": false,
  "::ffff:9.9.9.9": true,
  "::ffff:a9fe:a9fe": false,
  "0:0:0:0:0:ffff:7f00:1": false,
  "0000:0000:0000:0000:0000:0000:0000:0001": false,
  "::": false,
  "::7f00:1": false,
  "64:ff9b::a9fe:a9fe": false,
  "64:ff9b::909:909": true,
  "2002:7f00:1::": false,
  "2002:909:909::1": true,
  "2001::1": false,
  "3fff::1": false,
  "fec0::1": false,
  "ff02::1": false,
  "100::1": false,
  "fe80::1%eth0": false,
  "256.1.1.1": false,
  "not an address": false,
};
for (const [address, isPublic] of Object.entries(addresses)) {
  test(`isPublicAddress(${address}): ${isPublic}`, () => {
    assertEquals(isPublicAddress(address), isPublic);
  });
}

const hosts = {
  localhost: true,
  "app.local": true,
  db: true,
  "[::1]": true,
  "10.0.0.1": true,
  "voice.example.net": false,
  "9.9.9.9": false,
  "300.1.1.1": false,
};
for (const [host, isPrivate] of Object.entries(hosts)) {
  test(`isPrivateHost(${host}): ${isPrivate}`, () => {
    assertEquals(isPrivateHost(host), isPrivate);
  });
}
