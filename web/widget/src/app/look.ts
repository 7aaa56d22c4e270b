/** How the window looks for one owner: colours that can be read, light or dark, his own style sheet. */

import type { Look } from "../protocol.js";
import { palette } from "./color.js";
import type { Settings } from "./model.js";
import { direction, type Words } from "./texts/index.js";

/** Puts the owner's choices on the page. By the object model alone: the page's policy forbids inline style. */
export function dress(settings: Settings): void {
  const { configuration, custom_css } = settings;
  const colors = palette(configuration.color, configuration.text_color);
  const root = document.documentElement;
  root.dataset["theme"] = configuration.theme === "light" || configuration.theme === "dark" ? configuration.theme : "auto";
  const values = { "--brand": colors.brand, "--brand-deep": colors.brandDeep, "--on-brand": colors.onBrand, "--accent-light": colors.accentLight, "--accent-dark": colors.accentDark };
  for (const [name, value] of Object.entries(values)) root.style.setProperty(name, value);
  if (!custom_css) return;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(custom_css);
    document.adoptedStyleSheets = [sheet];
  } catch {
    // An older browser does without.
  }
}

const within = (value: unknown, low: number, high: number, usual: number): number => (typeof value === "number" && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : usual);

/** What the button on the site's page needs. */
export function lookOf(settings: Settings, words: Words, locale: string): Look {
  const { configuration } = settings;
  const colors = palette(configuration.color, configuration.text_color);
  const dir = direction(locale);
  return {
    background: colors.brand,
    foreground: colors.onBrand,
    position: configuration.position === "left" ? "left" : "right",
    offsetX: within(configuration.offset_x, 0, 1000, 20),
    offsetY: within(configuration.offset_y, 0, 1000, 20),
    launcherText: (configuration.launcher_text ?? "").slice(0, 60),
    title: (configuration.title || words.title).slice(0, 200),
    openLabel: words.open.slice(0, 200),
    closeLabel: words.close.slice(0, 200),
    unreadLabel: words.unread.slice(0, 200),
    dir,
    lang: locale,
  };
}
