/**
 * The script on a site's page: a button, and the chat's window in an iframe of the server's own origin.
 *
 * Invariants: it never throws into the page; it adds one element and one global; it asks nothing of the network but the window;
 * it works under a strict Content-Security-Policy (no inline style, no eval); included twice it is there once.
 */

import { readToPage, wrap, type Identity, type Kept, type Look, type ToApp } from "../protocol.js";
import { FULL_SCREEN, SHEET } from "./style.js";

type Listener = (detail: unknown) => void;
type Command = (name: string, ...values: unknown[]) => void;
type Global = Command & { q?: ArrayLike<unknown>[]; loaded?: boolean };

const page = window as unknown as { romashka?: Global };
const script = document.currentScript as HTMLScriptElement | null;

class Widget {
  private readonly host = document.createElement("div");
  private readonly frame = document.createElement("iframe");
  private readonly button = document.createElement("button");
  private readonly label = document.createElement("span");
  private readonly badge = document.createElement("span");
  private readonly box = document.createElement("div");
  private readonly screen = matchMedia(FULL_SCREEN);
  private readonly origin: string;
  private readonly cleaning: (() => void)[] = [];
  private readonly waiting: ToApp[] = [];
  private look: Look | null = null;
  private isOpen = false;
  private isWanted = false;
  private unread = 0;
  private address = "";
  private overflow = "";

  constructor(
    base: URL,
    private readonly token: string,
    private locale: string | null,
    private readonly nonce: string,
    private readonly emit: (name: string, detail: unknown) => void,
  ) {
    this.origin = base.origin;
    this.build(new URL(`widget/${token}`, base).href);
    this.listen();
    this.attach();
  }

  private build(address: string): void {
    const { frame, button, box } = this;
    this.host.id = "romashka-widget";
    const root = this.host.attachShadow({ mode: "open" });
    this.dress(root);
    frame.className = "window";
    frame.id = "window";
    frame.title = "Chat";
    frame.tabIndex = -1;
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads");
    frame.setAttribute("referrerpolicy", "origin");
    frame.setAttribute("aria-hidden", "true");
    frame.src = address;
    button.className = "launcher";
    button.type = "button";
    button.hidden = true;
    button.setAttribute("aria-controls", "window");
    button.setAttribute("aria-expanded", "false");
    button.append(icon(), this.label, this.badge);
    this.label.className = "label";
    this.badge.className = "badge";
    this.badge.hidden = true;
    this.badge.setAttribute("aria-hidden", "true");
    // The window stands before its button, so that Shift+Tab from the button leads into it.
    box.append(frame, button);
    root.append(box);
  }

  /** Constructed sheets need no permission of the page's policy; an older browser's style element takes the script's nonce. */
  private dress(root: ShadowRoot): void {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(SHEET);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const style = document.createElement("style");
      if (this.nonce) style.nonce = this.nonce;
      style.textContent = SHEET;
      root.append(style);
    }
  }

  private on<T extends Event>(target: EventTarget, type: string, run: (event: T) => void): void {
    const listener = safely(run as (event: Event) => void);
    target.addEventListener(type, listener);
    this.cleaning.push(() => target.removeEventListener(type, listener));
  }

  private listen(): void {
    this.on(this.frame, "load", () => this.greet());
    this.on<MessageEvent>(window, "message", (event) => {
      if (event.source === this.frame.contentWindow && event.origin === this.origin) this.hear(event.data);
    });
    this.on(this.button, "click", () => (this.isOpen ? this.hide() : this.show(true)));
    this.on<KeyboardEvent>(this.host, "keydown", (event) => {
      if (event.key === "Escape" && this.isOpen) this.hide();
    });
    this.on(this.screen, "change", () => this.isOpen && this.cover());
    // Another tab began or ended the talk.
    this.on<StorageEvent>(window, "storage", (event) => {
      if (this.look && event.key === this.key("session")) this.post({ type: "kept", kept: this.kept() });
    });
    // A page that changes its address or its body without being loaded anew.
    this.on(window, "popstate", () => this.tellPage());
    const watch = new MutationObserver(safely(() => {
      this.attach();
      this.tellPage();
    }));
    watch.observe(document.documentElement, { childList: true });
    const titles = document.querySelector("title");
    if (titles) watch.observe(titles, { childList: true, characterData: true, subtree: true });
    this.cleaning.push(() => watch.disconnect());
  }

  /** Beside the body, because frameworks exchange the body. An iframe that is moved is loaded anew; the talk goes on. */
  private attach(): void {
    if (!this.host.isConnected) document.documentElement.append(this.host);
  }

  private greet(): void {
    this.address = location.href;
    this.post({ type: "hello", locale: this.locale, languages: languages(), page: here(), kept: this.kept() });
  }

  private key(name: string): string {
    return `romashka:${this.token}:${name}`;
  }

  private kept(): Kept {
    const read = (name: string) => {
      try {
        return localStorage.getItem(this.key(name));
      } catch {
        return null;
      }
    };
    return { session: read("session"), sound: read("sound") };
  }

  private keep(name: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(this.key(name));
      else localStorage.setItem(this.key(name), value);
    } catch {
      // Then the talk lasts as long as the page.
    }
  }

  private post(message: ToApp): void {
    this.frame.contentWindow?.postMessage(wrap(message), this.origin);
  }

  /** Says it now, or when the window can hear it. */
  tell(message: ToApp): void {
    if (this.look) this.post(message);
    else this.waiting.push(message);
  }

  private tellPage(): void {
    if (this.address === location.href || !this.look) return;
    this.address = location.href;
    this.post({ type: "page", page: here() });
  }

  private hear(data: unknown): void {
    const message = readToPage(data);
    if (message?.type === "ready") {
      const isFirst = !this.look;
      this.draw(message.look);
      if (isFirst) this.waiting.splice(0).forEach((waiting) => this.post(waiting));
      if (this.isWanted) this.show(false);
      else if (this.isOpen) this.post({ type: "open", modal: this.screen.matches, focus: false });
      if (isFirst) this.emit("ready", {});
    } else if (message?.type === "unavailable") {
      this.button.hidden = true;
      if (this.isOpen) this.hide();
    } else if (message?.type === "close") this.hide();
    else if (message?.type === "keep") this.keep(message.name, message.value ?? null);
    else if (message?.type === "unread") this.count(message.count);
    else if (message?.type === "event") this.emit(message.name, message.detail);
  }

  private draw(look: Look): void {
    this.look = look;
    const { style } = this.host;
    style.setProperty("--b", look.background);
    style.setProperty("--f", look.foreground);
    style.setProperty("--x", `${look.offsetX}px`);
    style.setProperty("--y", `${look.offsetY}px`);
    this.box.lang = look.lang;
    this.box.dir = look.dir;
    this.frame.title = look.title;
    this.label.textContent = look.launcherText;
    this.label.hidden = !look.launcherText;
    this.button.hidden = false;
    this.name();
  }

  /** What the button says of itself. */
  private name(): void {
    const { look, unread, isOpen } = this;
    if (!look) return;
    this.box.className = `${look.position}${isOpen ? " open" : ""}`;
    this.badge.hidden = isOpen || unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    // What is written on the button is part of its name, so that it can be called by voice.
    const name = isOpen ? look.closeLabel : [look.launcherText, look.openLabel].filter(Boolean).join(", ");
    this.button.setAttribute("aria-label", isOpen || unread === 0 ? name : `${name}, ${look.unreadLabel.replace("{n}", String(unread))}`);
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.button.firstElementChild?.replaceWith(icon(isOpen));
  }

  private count(unread: number): void {
    if (unread === this.unread) return;
    this.unread = Math.max(0, Math.floor(unread));
    this.name();
    this.emit("unread", { count: this.unread });
  }

  show(byHand: boolean): void {
    if (!this.look) {
      this.isWanted = true;
      return;
    }
    this.isWanted = false;
    if (this.isOpen) return;
    this.isOpen = true;
    this.frame.removeAttribute("aria-hidden");
    this.frame.tabIndex = 0;
    this.name();
    this.cover();
    this.post({ type: "open", modal: this.screen.matches, focus: byHand });
    if (byHand) this.frame.focus();
    this.emit("open", {});
  }

  hide(): void {
    this.isWanted = false;
    if (!this.isOpen) return;
    const hadFocus = this.host.shadowRoot?.activeElement === this.frame;
    this.isOpen = false;
    this.frame.setAttribute("aria-hidden", "true");
    this.frame.tabIndex = -1;
    this.uncover();
    this.name();
    this.post({ type: "close" });
    if (hadFocus || this.screen.matches) this.button.focus();
    this.emit("close", {});
  }

  toggle(): void {
    if (this.isOpen) this.hide();
    else this.show(true);
  }

  /** The page behind a window that fills the screen does not scroll. */
  private cover(): void {
    const modal = this.screen.matches;
    this.uncover();
    if (modal) {
      const { style } = document.documentElement;
      this.overflow = style.overflow || "-";
      style.overflow = "hidden";
    }
    this.post({ type: "modal", modal });
  }

  private uncover(): void {
    if (!this.overflow) return;
    document.documentElement.style.overflow = this.overflow === "-" ? "" : this.overflow;
    this.overflow = "";
  }

  setLocale(locale: string): void {
    this.locale = locale;
    this.tell({ type: "locale", locale });
  }

  isOf(token: string): boolean {
    return token === this.token;
  }

  shutdown(): void {
    this.uncover();
    this.cleaning.forEach((clean) => clean());
    this.host.remove();
  }
}

function icon(isOpen = false): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", isOpen ? "M6 9l6 6 6-6" : "M21 11.5a8.4 8.4 0 0 1-8.5 8.4 8.6 8.6 0 0 1-3.6-.8L3 21l1.9-5.6A8.4 8.4 0 0 1 4 11.5 8.4 8.4 0 0 1 12.5 3 8.4 8.4 0 0 1 21 11.5z");
  svg.append(path);
  return svg;
}

const here = () => ({ url: location.href.slice(0, 4096), title: document.title.slice(0, 1024) });
const languages = () => [document.documentElement.lang, ...(navigator.languages ?? [])].filter((tag) => tag && tag.length <= 35).slice(0, 20);

/** Nothing that goes wrong here reaches the page. */
function safely<A extends unknown[]>(run: (...values: A) => void): (...values: A) => void {
  return (...values) => {
    try {
      run(...values);
    } catch (error) {
      console.warn("romashka:", error);
    }
  };
}

const text = (value: unknown, limit: number): string | undefined => (typeof value === "string" || typeof value === "number" ? String(value).slice(0, limit) : undefined);

function identity(given: unknown): Identity {
  const values = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
  const known: Identity = {};
  // What is too long is the server's to refuse: cut off it would be somebody else's.
  for (const [key, limit] of [["token", 8192], ["external_user_id", 129], ["identifier_hash", 128], ["email", 254], ["name", 128], ["phone", 32]] as const) {
    const value = text(values[key], limit);
    if (value) known[key] = value;
  }
  return known;
}

function start(): void {
  let widget: Widget | null = null;
  const listeners = new Map<string, Set<Listener>>();
  const emit = (name: string, detail: unknown) => listeners.get(name)?.forEach((listener) => safely(listener)(detail));
  const source = script?.src || "";
  const data = script?.dataset ?? {};

  const boot = (options: Record<string, unknown>) => {
    const token = text(options["widget"] ?? data["widget"], 200) ?? "";
    if (widget || !/^[\w-]{8,}$/.test(token)) {
      if (widget && !widget.isOf(token)) console.warn("romashka: another widget is on this page already");
      return;
    }
    const base = new URL(".", text(options["server"], 2000) ?? source);
    widget = new Widget(base, token, text(options["locale"] ?? data["language"], 35) ?? null, script?.nonce ?? "", emit);
  };

  const commands: Record<string, (...values: unknown[]) => void> = {
    boot: (options) => boot((options ?? {}) as Record<string, unknown>),
    show: () => widget?.show(false),
    hide: () => widget?.hide(),
    toggle: () => widget?.toggle(),
    identify: (who) => widget?.tell({ type: "identify", identity: identity(who) }),
    reset: () => widget?.tell({ type: "reset" }),
    setLocale: (locale) => widget?.setLocale(text(locale, 35) ?? "en"),
    on: (name, listener) => {
      if (typeof listener !== "function") return;
      const known = listeners.get(String(name)) ?? new Set();
      listeners.set(String(name), known.add(listener as Listener));
    },
    shutdown: () => {
      widget?.shutdown();
      widget = null;
    },
  };

  // Calls wait for the beginning, those of before this script as well as those until the page is loaded.
  const queue: [string, ...unknown[]][] = Array.from(page.romashka?.q ?? [], (call) => Array.from(call) as [string, ...unknown[]]);
  let hasBegun = false;
  const command: Global = safely((name: string, ...values: unknown[]) => {
    if (!hasBegun) queue.push([name, ...values]);
    else if (Object.prototype.hasOwnProperty.call(commands, name)) commands[name]?.(...values);
    else console.warn(`romashka: there is no command ${name}`);
  });
  command.loaded = true;
  page.romashka = command;
  const begin = safely(() => {
    hasBegun = true;
    if (data["widget"]) boot({});
    for (const call of queue) command(...call);
  });
  // After what the page itself needs.
  const idle = () => ("requestIdleCallback" in window ? requestIdleCallback(begin, { timeout: 2000 }) : setTimeout(begin, 1));
  if (document.readyState === "complete") begin();
  else addEventListener("load", idle, { once: true });
}

safely(() => {
  if (!page.romashka?.loaded) start();
})();
