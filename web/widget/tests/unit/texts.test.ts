import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES, chooseLocale, day, direction, fill, opening, size, span, words } from "../../src/app/texts/index.js";

test("every language has every text, with the same places to fill in", () => {
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join();
  for (const [language, texts] of Object.entries(LANGUAGES)) {
    for (const [key, english] of Object.entries(LANGUAGES["en"] ?? {})) {
      const text = texts[key as keyof typeof texts];
      assert.ok(text, `${language} has ${key}`);
      assert.equal(places(text), places(english), `${language}: ${key}`);
    }
  }
});

test("the page's wish comes first, then the visitor's languages, as far as the owner allows them", () => {
  assert.equal(chooseLocale("de", ["fr"], undefined, "en"), "de");
  assert.equal(chooseLocale(null, ["xx", "pt-BR", "en"], undefined, "en"), "pt-BR");
  assert.equal(chooseLocale("de", ["fr-CA"], ["en", "fr"], "en"), "fr-CA");
  assert.equal(chooseLocale(null, ["ja"], ["de"], "ja"), "de");
  assert.equal(chooseLocale("tlh-!!", ["not a tag"], undefined, null), "en");
  assert.equal(chooseLocale("uk", [], ["uk"], null), "uk");
});

test("the owner's words take the place of ours, text by text", () => {
  const own = { de: { title: "Frag uns", unknown: "x" }, "de-AT": { send: "Absenden" }, uk: { title: "Напишіть нам" } };
  assert.equal(words("de-AT", own).title, "Frag uns");
  assert.equal(words("de-AT", own).send, "Absenden");
  assert.equal(words("de", own).send, "Senden");
  assert.equal(words("uk", own).title, "Напишіть нам");
  assert.equal(words("uk", own).send, "Send");
  assert.equal(words("de", { de: { title: 7 as unknown as string } }).title, LANGUAGES["de"]?.title);
});

test("times and sizes are said as people say them", () => {
  const now = new Date(2026, 10, 28, 12);
  assert.equal(day(new Date(2026, 10, 28, 1).toISOString(), "en", now), "Today");
  assert.equal(day(new Date(2026, 10, 27, 23).toISOString(), "ru", now), "Вчера");
  assert.match(day(new Date(2025, 10, 27).toISOString(), "en", now), /2025/);
  assert.equal(span(20, "en"), "1 minute");
  assert.equal(span(7300, "de"), "2 Stunden");
  assert.match(opening(new Date(2026, 10, 30, 9).toISOString(), "en", now), /Monday.*9:00/);
  assert.doesNotMatch(opening(new Date(2026, 10, 28, 18).toISOString(), "en", now), /day/);
  assert.equal(size(20 * 1024 * 1024, "en"), "20 MB");
  assert.equal(size(3, "en"), "1 kB");
  assert.equal(fill("{a} {b}", { a: "{b}" }), "{b} {b}");
  assert.deepEqual(["ar", "he-IL", "en"].map(direction), ["rtl", "rtl", "ltr"]);
});
