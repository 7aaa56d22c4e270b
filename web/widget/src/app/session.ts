/**
 * What the browser keeps: the visitor's token and small habits.
 *
 * In the window's own storage, which belongs to the server's origin and to this site alone. A browser that refuses it to what is
 * embedded from another site: the site's page keeps the token and the choice of sound, and never what somebody wrote. One that
 * refuses that too: memory, as long as the page lives.
 */

import type { Kept } from "../protocol.js";
import type { Session } from "./model.js";

type Name = "session" | "draft" | "email" | "sound";

/** The draft belongs to its tab. */
const areaOf = (name: Name) => (name === "draft" ? "sessionStorage" : "localStorage");

/** What is kept for one widget. */
export class Keep {
  private readonly memory = new Map<Name, string>();
  private readonly isOwn: boolean;

  constructor(
    private readonly widget: string,
    kept: Kept,
    private readonly giveAway: (name: keyof Kept, value: string | null) => void,
  ) {
    this.isOwn = canKeep();
    if (!this.isOwn) this.take(kept);
  }

  /** What the page has kept, now or since another tab changed it. */
  take(kept: Kept): void {
    if (this.isOwn) return;
    for (const name of ["session", "sound"] as const) {
      const value = kept[name];
      if (value) this.memory.set(name, value);
      else this.memory.delete(name);
    }
  }

  get(name: Name): string | null {
    if (!this.isOwn) return this.memory.get(name) ?? null;
    try {
      return window[areaOf(name)].getItem(this.key(name));
    } catch {
      return null;
    }
  }

  set(name: Name, value: string | null): void {
    if (!this.isOwn) {
      if (value === null) this.memory.delete(name);
      else this.memory.set(name, value);
      if (name === "session" || name === "sound") this.giveAway(name, value);
      return;
    }
    try {
      if (value === null) window[areaOf(name)].removeItem(this.key(name));
      else window[areaOf(name)].setItem(this.key(name), value);
    } catch {
      // Full.
    }
  }

  private key(name: Name): string {
    return `romashka:${this.widget}:${name}`;
  }

  get session(): Session | null {
    try {
      const session = JSON.parse(this.get("session") ?? "null") as Session | null;
      if (!session || typeof session.visitor_token !== "string") return null;
      return session.expires_at && Date.parse(session.expires_at) < Date.now() ? null : session;
    } catch {
      return null;
    }
  }

  set session(session: Session | null) {
    this.set("session", session && JSON.stringify(session));
  }

  /** The text that was begun, in this tab. */
  get draft(): string {
    return this.get("draft") ?? "";
  }

  set draft(text: string) {
    this.set("draft", text || null);
  }

  /** Forgets everything of the visitor. */
  clear(): void {
    this.session = null;
    this.draft = "";
    this.set("email", null);
  }
}

function canKeep(): boolean {
  try {
    const probe = "romashka:probe";
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return true;
  } catch {
    return false;
  }
}
