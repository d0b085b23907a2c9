// Sessions of the console: one for each link, which works once.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { LINK_LIFE_MS, makeLoginToken } from "../../../src/server/console/login-link.ts";
import { ConsoleSessions, MAX_SESSIONS, MAX_USED_LINKS, SESSION_LIFE_MS, sessionCookie } from "../../../src/server/console/sessions.ts";
import { manualClock } from "../../support/manual-clock.ts";

const key = new Uint8Array(32).fill(7);

function setUp() {
  const clock = manualClock();
  const sessions = new ConsoleSessions(() => key, clock);
  return { clock, sessions };
}

function withCookie(id: string): Request {
  return new Request("http://localhost/", { headers: { cookie: `other=1; voice_console=${id}; more=2` } });
}

test("ConsoleSessions: a link works once, also one that another process made under the same key", () => {
  const { clock, sessions } = setUp();
  for (const token of [sessions.makeLink(), makeLoginToken(key, clock.nowMs())]) {
    const id = sessions.redeem(token) ?? "";
    assertEquals(sessions.has(withCookie(id)), true);
    assertEquals(sessions.redeem(token), undefined);
  }
  assertEquals(sessions.redeem(makeLoginToken(new Uint8Array(32), clock.nowMs())), undefined);
});

test("ConsoleSessions: a link expires, and a session that is not used", () => {
  const { clock, sessions } = setUp();
  const [late, inTime] = [sessions.makeLink(), sessions.makeLink()];
  const id = sessions.redeem(inTime) ?? "";
  clock.advance(LINK_LIFE_MS);
  assertEquals(sessions.redeem(late), undefined);
  clock.advance(SESSION_LIFE_MS - LINK_LIFE_MS);
  assertEquals(sessions.has(withCookie(id)), true);
  clock.advance(SESSION_LIFE_MS + 1);
  assertEquals([sessions.has(withCookie(id)), sessions.count], [false, 0]);
});

test("ConsoleSessions: no cookie, another one, and a session that was ended", () => {
  const { sessions } = setUp();
  const id = sessions.redeem(sessions.makeLink()) ?? "";
  assertEquals(sessions.has(new Request("http://localhost/")), false);
  assertEquals(sessions.has(withCookie("A".repeat(43))), false);
  assertEquals(sessions.has(new Request("http://localhost/", { headers: { cookie: `xvoice_console=${id}` } })), false);
  sessions.end(withCookie(id));
  assertEquals(sessions.has(withCookie(id)), false);
});

test("ConsoleSessions: at most so many; the one that was not used longest ends", () => {
  const { clock, sessions } = setUp();
  const ids: string[] = [];
  for (let count = 0; count <= MAX_SESSIONS; count += 1) {
    clock.advance(1);
    ids.push(sessions.redeem(sessions.makeLink()) ?? "");
    if (count === 1) sessions.has(withCookie(ids[0] ?? ""));
  }
  assertEquals(
    [sessions.count, sessions.has(withCookie(ids[0] ?? "")), sessions.has(withCookie(ids[1] ?? ""))],
    [MAX_SESSIONS, true, false],
  );
});

test("ConsoleSessions: too many used links: no further login until they expire", () => {
  const { clock, sessions } = setUp();
  for (let count = 0; count < MAX_USED_LINKS; count += 1) sessions.redeem(sessions.makeLink());
  assertEquals(sessions.redeem(sessions.makeLink()), undefined);
  clock.advance(LINK_LIFE_MS);
  assertEquals(typeof sessions.redeem(sessions.makeLink()), "string");
});

test("sessionCookie: no script reads it, no other site sends it", () => {
  assertEquals(sessionCookie("id", false), "voice_console=id; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800");
  assertEquals(sessionCookie("id", true).endsWith("; Secure"), true);
});
