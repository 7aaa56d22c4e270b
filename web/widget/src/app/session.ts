/** What the browser keeps: the visitor's token and small habits. Where storage is refused it is kept as long as the page lives. */

import type { Session } from "./model.js";

const memory = new Map<string, string>();

function read(area: "localStorage" | "sessionStorage", key: string): string | null {
  try {
    return window[area].getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

function write(area: "localStorage" | "sessionStorage", key: string, value: string | null): void {
  if (value === null) memory.delete(key);
  else memory.set(key, value);
  try {
    if (value === null) window[area].removeItem(key);
    else window[area].setItem(key, value);
  } catch {
    // Private mode, or full: the memory has it.
  }
}

/** What is kept for one widget. */
export class Keep {
  constructor(private readonly widget: string) {}

  private key(name: string): string {
    return `romashka:${this.widget}:${name}`;
  }

  get session(): Session | null {
    const text = read("localStorage", this.key("session"));
    try {
      const session = JSON.parse(text ?? "null") as Session | null;
      if (!session || typeof session.visitor_token !== "string") return null;
      return session.expires_at && Date.parse(session.expires_at) < Date.now() ? null : session;
    } catch {
      return null;
    }
  }

  set session(session: Session | null) {
    write("localStorage", this.key("session"), session && JSON.stringify(session));
  }

  /** The text that was begun, in this tab. */
  get draft(): string {
    return read("sessionStorage", this.key("draft")) ?? "";
  }

  set draft(text: string) {
    write("sessionStorage", this.key("draft"), text || null);
  }

  /** A choice of the visitor: the sound, an address that he left. */
  get(name: "sound" | "email" | "open"): string | null {
    return read(name === "open" ? "sessionStorage" : "localStorage", this.key(name));
  }

  set(name: "sound" | "email" | "open", value: string | null): void {
    write(name === "open" ? "sessionStorage" : "localStorage", this.key(name), value);
  }

  /** Forgets everything of the visitor. */
  clear(): void {
    this.session = null;
    this.draft = "";
    this.set("email", null);
  }
}
