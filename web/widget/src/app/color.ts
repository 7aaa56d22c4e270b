/** Colours of a brand that people can read: WCAG 2.2, contrast of 4.5 for text. */

const WHITE = "#ffffff";
const INK = "#101828";
/** `--soft` of the style sheet, the harder one of the two grounds of each theme. */
const SOFT_LIGHT = "#f2f4f7";
const SOFT_DARK = "#232836";
export const DEFAULT_COLOR = "#1f5eff";

type Rgb = [number, number, number];

/** `#rgb` or `#rrggbb` as `#rrggbb`; null for everything else. */
export function parseColor(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const hex = value.trim().toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(hex)) return hex;
  if (/^#[0-9a-f]{3}$/.test(hex)) return `#${[...hex.slice(1)].map((digit) => digit + digit).join("")}`;
  return null;
}

function rgb(color: string): Rgb {
  const value = parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function luminance(color: string): number {
  const [red, green, blue] = rgb(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 to 21. */
export function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** `share` of the second colour in the first. */
export function mix(one: string, other: string, share: number): string {
  const to = rgb(other);
  return `#${rgb(one)
    .map((part, at) => Math.round(part + ((to[at] as number) - part) * share).toString(16).padStart(2, "0"))
    .join("")}`;
}

/** The colour, moved towards black or white as little as makes it readable on the ground. */
export function readable(color: string, ground: string, wanted = 4.5): string {
  const end = luminance(ground) > 0.18 ? "#000000" : WHITE;
  for (let share = 0; share < 1; share += 0.04) {
    const candidate = mix(color, end, share);
    if (contrast(candidate, ground) >= wanted) return candidate;
  }
  return end;
}

export interface Palette {
  /** The brand's colour as a ground. */
  brand: string;
  /** A second stop of the header's gradient. */
  brandDeep: string;
  /** What is written on it. */
  onBrand: string;
  /** The brand's colour for text and lines on the light and on the dark ground. */
  accentLight: string;
  accentDark: string;
}

/** A palette out of what the owner chose. His text colour is kept where it can be read, else white or ink is taken. */
export function palette(color: unknown, textColor: unknown): Palette {
  const brand = parseColor(color) ?? DEFAULT_COLOR;
  const wanted = parseColor(textColor);
  const best = contrast(WHITE, brand) >= contrast(INK, brand) ? WHITE : INK;
  // White on a saturated colour looks right a little below the best figure, never below 4.5.
  const plain = contrast(WHITE, brand) >= 4.5 ? WHITE : best;
  const onBrand = wanted && contrast(wanted, brand) >= 4.5 ? wanted : contrast(plain, brand) >= 4.5 ? plain : luminance(brand) > 0.18 ? "#000000" : WHITE;
  let brandDeep = mix(brand, onBrand === WHITE ? "#000000" : WHITE, 0.18);
  if (contrast(onBrand, brandDeep) < 4.5) brandDeep = brand;
  return { brand, brandDeep, onBrand, accentLight: readable(brand, SOFT_LIGHT), accentDark: readable(brand, SOFT_DARK) };
}
