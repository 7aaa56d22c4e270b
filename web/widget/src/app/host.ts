/**
 * The site's page, heard and spoken to.
 *
 * Heard is the parent window alone, and after its first greeting its origin alone; the browser has let it embed this page
 * because the owner allows it (`frame-ancestors`). Nothing that is said to it holds what people wrote.
 */

import { readToApp, wrap, type ToApp, type ToPage } from "../protocol.js";

export class Host {
  private origin: string | null = null;

  constructor(private readonly hear: (message: ToApp) => void) {
    addEventListener("message", (event) => this.take(event));
  }

  private take(event: MessageEvent): void {
    if (window.parent === window || event.source !== window.parent || event.origin === "null") return;
    if (this.origin !== null && event.origin !== this.origin) return;
    const message = readToApp(event.data);
    if (!message) return;
    if (this.origin === null) {
      if (message.type !== "hello") return;
      // Where the browser tells who embeds this page, it has to be the one who greets.
      const ancestor = location.ancestorOrigins?.[0];
      if (ancestor !== undefined && ancestor !== event.origin) return;
      this.origin = event.origin;
    }
    this.hear(message);
  }

  say(message: ToPage): void {
    if (this.origin !== null) window.parent.postMessage(wrap(message), this.origin);
  }
}
