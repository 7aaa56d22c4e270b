/**
 * What the site's page (loader) and the chat's window (app) say to each other by `postMessage`.
 *
 * Both sides take a message only from the exact window and origin they expect, and only when it has one of these forms:
 * whatever else a page posts is ignored.
 */

/** What the loader needs to draw the button, and to place the window. */
export interface Look {
  background: string;
  foreground: string;
  position: "left" | "right";
  offsetX: number;
  offsetY: number;
  launcherText: string;
  title: string;
  openLabel: string;
  closeLabel: string;
  unreadLabel: string;
  dir: "ltr" | "rtl";
  lang: string;
}

/** Who the site says its visitor is. */
export interface Identity {
  token?: string;
  external_user_id?: string;
  identifier_hash?: string;
  email?: string;
  name?: string;
  phone?: string;
}

export type ToApp =
  | { type: "hello"; locale: string | null; languages: string[]; page: Page; kept: Kept }
  | { type: "kept"; kept: Kept }
  | { type: "open"; modal: boolean; focus: boolean }
  | { type: "close" }
  | { type: "modal"; modal: boolean }
  | { type: "page"; page: Page }
  | { type: "locale"; locale: string }
  | { type: "identify"; identity: Identity }
  | { type: "reset" };

export type ToPage =
  | { type: "ready"; look: Look }
  | { type: "unavailable" }
  | { type: "close" }
  | { type: "keep"; name: keyof Kept; value: string | null }
  | { type: "unread"; count: number }
  | { type: "event"; name: string; detail: Record<string, string | number | boolean | null> };

/** What the page keeps for the window, where a browser refuses storage to what is embedded from another site. */
export interface Kept {
  session: string | null;
  sound: string | null;
}

/** The page the visitor looks at. */
export interface Page {
  url: string;
  title: string;
}

const NAMESPACE = "romashka";

/** A message in the envelope that tells it from others'. */
export function wrap<T extends ToApp | ToPage>(message: T): { romashka: 1; message: T } {
  return { [NAMESPACE]: 1, message } as { romashka: 1; message: T };
}

type Check = (value: unknown) => boolean;
type Shape = Record<string, Check>;

const isText = (limit: number): Check => (value) => typeof value === "string" && value.length <= limit;
const isBoolean: Check = (value) => typeof value === "boolean";
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isOneOf = (...values: unknown[]): Check => (value) => values.includes(value);
const isMaybe = (check: Check): Check => (value) => value === null || value === undefined || check(value);
const has = (shape: Shape): Check => (value) => typeof value === "object" && value !== null && Object.keys(shape).every((key) => shape[key]?.((value as Record<string, unknown>)[key]));
const isListOf = (check: Check, limit: number): Check => (value) => Array.isArray(value) && value.length <= limit && value.every(check);

const isColor: Check = (value) => typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value);
const isPage = has({ url: isText(4096), title: isText(1024) });
const isLocale = isText(35);

const isKept = has({ session: isMaybe(isText(2048)), sound: isMaybe(isText(8)) });

const TO_APP: Record<ToApp["type"], Shape> = {
  hello: { locale: isMaybe(isLocale), languages: isListOf(isLocale, 20), page: isPage, kept: isKept },
  kept: { kept: isKept },
  open: { modal: isBoolean, focus: isBoolean },
  close: {},
  modal: { modal: isBoolean },
  page: { page: isPage },
  locale: { locale: isLocale },
  identify: {
    identity: has({
      token: isMaybe(isText(8192)),
      external_user_id: isMaybe(isText(128)),
      identifier_hash: isMaybe(isText(128)),
      email: isMaybe(isText(254)),
      name: isMaybe(isText(128)),
      phone: isMaybe(isText(32)),
    }),
  },
  reset: {},
};

const TO_PAGE: Record<ToPage["type"], Shape> = {
  ready: {
    look: has({
      background: isColor,
      foreground: isColor,
      position: isOneOf("left", "right"),
      offsetX: isNumber,
      offsetY: isNumber,
      launcherText: isText(60),
      title: isText(200),
      openLabel: isText(200),
      closeLabel: isText(200),
      unreadLabel: isText(200),
      dir: isOneOf("ltr", "rtl"),
      lang: isLocale,
    }),
  },
  unavailable: {},
  close: {},
  keep: { name: isOneOf("session", "sound"), value: isMaybe(isText(2048)) },
  unread: { count: isNumber },
  event: { name: isText(40), detail: has({}) },
};

function unwrap<T extends { type: string }>(data: unknown, forms: Record<string, Shape>): T | null {
  if (typeof data !== "object" || data === null || (data as Record<string, unknown>)[NAMESPACE] !== 1) return null;
  const message = (data as { message?: unknown }).message;
  const type = (message as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== "string" || !Object.prototype.hasOwnProperty.call(forms, type)) return null;
  return has(forms[type] as Shape)(message) ? (message as T) : null;
}

/** A message for the app, or null when it has none of the forms. */
export const readToApp = (data: unknown): ToApp | null => unwrap<ToApp>(data, TO_APP);
/** A message for the page, or null when it has none of the forms. */
export const readToPage = (data: unknown): ToPage | null => unwrap<ToPage>(data, TO_PAGE);
