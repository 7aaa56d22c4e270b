import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, palette, parseColor, readable } from "../../src/app/color.js";

test("contrast is that of WCAG", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(contrast("#123456", "#123456"), 1);
});

test("whatever the owner chooses can be read", () => {
  for (let step = 0; step < 4096; step += 7) {
    const color = `#${step.toString(16).padStart(3, "0")}`;
    for (const text of [undefined, "#888", "#fff", "#000", "no colour"]) {
      const made = palette(color, text);
      assert.ok(contrast(made.onBrand, made.brand) >= 4.5, `${color} ${text}: text on the brand`);
      assert.ok(contrast(made.onBrand, made.brandDeep) >= 4.5, `${color} ${text}: text on the end of the gradient`);
      for (const ground of ["#ffffff", "#f2f4f7"]) assert.ok(contrast(made.accentLight, ground) >= 4.5, `${color}: accent on ${ground}`);
      for (const ground of ["#14171f", "#232836"]) assert.ok(contrast(made.accentDark, ground) >= 4.5, `${color}: accent on ${ground}`);
    }
  }
});

test("a choice that can be read is kept, and only colours are colours", () => {
  assert.equal(palette("#0a7", "#101828").onBrand, "#101828");
  assert.equal(readable("#1f3b8f", "#ffffff"), "#1f3b8f");
  assert.equal(parseColor("#ABC"), "#aabbcc");
  for (const wrong of ["red", "#12345", "#1234567", "url(x)", 7, null]) assert.equal(parseColor(wrong), null);
  assert.equal(palette("javascript:1", undefined).brand, "#1f5eff");
});
