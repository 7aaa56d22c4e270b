/** Languages: their choice, their texts, and what the browser can format by itself. */

import { ar } from "./ar.js";
import { de } from "./de.js";
import { en } from "./en.js";
import { es } from "./es.js";
import { fr } from "./fr.js";
import { he } from "./he.js";
import { pt } from "./pt.js";
import { ru } from "./ru.js";

export type Words = Record<keyof typeof en, string>;

export const LANGUAGES: Record<string, Words> = { en, de, es, fr, pt, ru, ar, he };

const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur"]);

const primary = (locale: string) => locale.toLowerCase().split(/[-_]/)[0] ?? "";

export const direction = (locale: string): "rtl" | "ltr" => (RIGHT_TO_LEFT.has(primary(locale)) ? "rtl" : "ltr");

/**
 * The language of the window: the one the page asks for, else the first of the page's and the browser's that the owner allows,
 * else the widget's own. A language that we do not know counts only where the owner has listed it, and so written its texts.
 */
export function chooseLocale(chosen: string | null, preferred: string[], allowed: string[] | undefined, own: string | null): string {
  const listed = allowed?.length ? allowed.map(primary) : Object.keys(LANGUAGES);
  const isValid = (tag: string) => {
    try {
      return Intl.getCanonicalLocales(tag.replace("_", "-")).length > 0;
    } catch {
      return false;
    }
  };
  const candidates = [chosen, ...preferred, own, allowed?.[0]].filter((tag): tag is string => !!tag && isValid(tag));
  const found = candidates.find((tag) => listed.includes(primary(tag)));
  return (found ?? "en").replace("_", "-");
}

/** The texts of a language, with those that the owner has written himself. */
export function words(locale: string, own?: Record<string, Record<string, string>>): Words {
  const language = primary(locale);
  const written = { ...own?.[language], ...own?.[locale] };
  const known = LANGUAGES[language] ?? en;
  const result: Words = { ...known };
  for (const key of Object.keys(en) as (keyof Words)[]) {
    const text = written[key];
    if (typeof text === "string" && text) result[key] = text;
  }
  return result;
}

export const fill = (text: string, values: Record<string, string | number>): string => text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));

export const time = (at: string, locale: string): string => new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(new Date(at));

/** "today", "yesterday", or the date. */
export function day(at: string, locale: string, now = new Date()): string {
  const date = new Date(at);
  const begin = (value: Date) => new Date(value.getFullYear(), value.getMonth(), value.getDate()).getTime();
  const days = Math.round((begin(date) - begin(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const text = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  }
  const isThisYear = date.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", ...(isThisYear ? {} : { year: "numeric" }) }).format(date);
}

/** A length of time in one unit: "5 minutes". */
export function span(seconds: number, locale: string): string {
  const [unit, value] = seconds < 3600 ? (["minute", seconds / 60] as const) : seconds < 86_400 ? (["hour", seconds / 3600] as const) : (["day", seconds / 86_400] as const);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(Math.max(1, Math.round(value)));
}

/** When something opens again: the hour, and the weekday when it is not today. */
export function opening(at: string, locale: string, now = new Date()): string {
  const date = new Date(at);
  const isToday = date.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", ...(isToday ? {} : { weekday: "long" }) }).format(date);
}

/** Bytes: "2 MB". */
export function size(bytes: number, locale: string): string {
  const [unit, value] = bytes < 1024 * 1024 ? (["kilobyte", bytes / 1024] as const) : (["megabyte", bytes / 1024 / 1024] as const);
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: value < 10 && unit === "megabyte" ? 1 : 0 }).format(Math.max(value, 1));
}
