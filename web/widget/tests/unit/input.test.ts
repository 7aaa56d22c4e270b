/** What is judged: messages of windows, links in texts, answers of the form. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answers, complaint, isEmail } from "../../src/app/fields.js";
import { findLinks, safeAddress } from "../../src/app/rich.js";
import { words } from "../../src/app/texts/index.js";
import { readToApp, readToPage, wrap, type Look } from "../../src/protocol.js";

const look: Look = { background: "#112233", foreground: "#ffffff", position: "left", offsetX: 1, offsetY: 2, launcherText: "", title: "t", openLabel: "o", closeLabel: "c", unreadLabel: "u", dir: "ltr", lang: "en" };

test("only messages of the known forms are taken", () => {
  assert.deepEqual(readToPage(wrap({ type: "ready", look })), { type: "ready", look });
  assert.deepEqual(readToApp(wrap({ type: "identify", identity: { token: "a.b.c" } })), { type: "identify", identity: { token: "a.b.c" } });
  const wrong: unknown[] = [
    null,
    "close",
    { type: "close" },
    { romashka: 1 },
    { romashka: 2, message: { type: "close" } },
    { romashka: 1, message: { type: "constructor" } },
    { romashka: 1, message: { type: "__proto__" } },
    { romashka: 1, message: ["close"] },
    wrap({ type: "ready", look: { ...look, background: "red;}" } }),
    wrap({ type: "ready", look: { ...look, position: "top" as "left" } }),
    wrap({ type: "ready", look: { ...look, offsetX: Infinity } }),
    wrap({ type: "keep", name: "draft" as "sound", value: "x" }),
    wrap({ type: "unread", count: "7" as unknown as number }),
  ];
  for (const data of wrong) assert.equal(readToPage(data), null, JSON.stringify(data));
  assert.equal(readToApp(wrap({ type: "close" }))?.type, "close");
  assert.equal(readToApp(wrap({ type: "identify", identity: { token: "x".repeat(9000) } })), null);
  assert.equal(readToApp(wrap({ type: "ready", look })), null, "what is for the page is not for the app");
});

test("links are found, and only harmless ones", () => {
  const hrefs = (text: string) => findLinks(text).flatMap((part) => (typeof part === "string" ? [] : [part.href]));
  assert.deepEqual(hrefs("See https://example.com/a_(b)?c=d, or (http://x.test/y). Mail ann@example.co.uk!"), ["https://example.com/a_(b)?c=d", "http://x.test/y", "mailto:ann@example.co.uk"]);
  assert.deepEqual(hrefs("javascript:alert(1) data:text/html,x ftp://x.test"), []);
  assert.equal(findLinks("a https://x.test b").map((part) => (typeof part === "string" ? part : part.text)).join(""), "a https://x.test b");
  for (const wrong of ["javascript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "/relative", "file:///etc/passwd"]) assert.equal(safeAddress(wrong), null, wrong);
});

test("a form's mistakes are told in words", () => {
  const english = words("en");
  const said = (type: "text" | "email" | "tel" | "number" | "checkbox", value: string | boolean, required = true) => complaint({ type, required }, value, english);
  assert.equal(said("text", "  "), english.missing);
  assert.equal(said("text", "", false), null);
  assert.equal(said("checkbox", false), english.missing);
  assert.equal(said("checkbox", false, false), null);
  assert.equal(said("email", "ann@example"), english.bad_email);
  assert.equal(said("email", "ann@example.com"), null);
  assert.equal(said("number", "1e5x", false), english.bad_number);
  assert.equal(said("number", "-1,5"), null);
  assert.equal(said("tel", "+46 (0)70-123 45 67"), null);
  assert.equal(said("tel", "call me"), english.bad_phone);
  for (const wrong of ["a@b", "@b.co", "a b@c.de", "a@b.c", `${"a".repeat(250)}@b.de`]) assert.equal(isEmail(wrong), false, wrong);
});

test("answers are texts, without those that are empty", () => {
  const field = (key: string, type: "text" | "checkbox" | "number" | "link") => ({ key, type, label: key, required: false });
  assert.deepEqual(answers([field("a", "text"), field("b", "checkbox"), field("c", "number"), field("d", "link"), field("e", "text")], { a: " x ", b: true, c: "1,5", d: "y", e: " ", f: "unknown" }), { a: "x", b: "true", c: "1.5" });
});
