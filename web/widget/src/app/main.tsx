/** The chat's window, in its iframe. */

import { render } from "preact";
import type { ToApp } from "../protocol.js";
import { Chat } from "./chat.js";
import { Host } from "./host.js";
import { dress, lookOf } from "./look.js";
import { Window } from "./views/window.js";

const root = document.documentElement;
const place = document.getElementById("app");
const host = new Host((message) => void hear(message));
let chat: Chat | null = null;

const close = () => host.say({ type: "close" });

function announce(): void {
  if (!chat) return;
  const { settings, locale } = chat.state;
  if (settings) host.say({ type: "ready", look: lookOf(settings, chat.words, locale) });
}

/** To where the visitor goes on: what he has to fill in first, else the message. */
function focus(): void {
  const target = document.querySelector<HTMLElement>(".card.form input:not([tabindex='-1']), .card.form select, .card.form textarea") ?? document.getElementById("message") ?? document.getElementById("email");
  target?.focus();
}

async function hear(message: ToApp): Promise<void> {
  if (message.type === "hello") {
    if (chat) announce();
    else await begin(message);
    return;
  }
  if (!chat) return;
  switch (message.type) {
    case "kept":
      chat.takeKept(message.kept);
      break;
    case "open":
      chat.open(message.modal);
      if (message.focus) setTimeout(focus, 30);
      break;
    case "close":
      chat.close();
      break;
    case "modal":
      chat.set({ isModal: message.modal });
      break;
    case "page":
      chat.setPage(message.page);
      break;
    case "locale":
      chat.setLocale(message.locale);
      announce();
      break;
    case "identify":
      await chat.identify(message.identity);
      break;
    case "reset":
      await chat.reset();
      break;
  }
}

async function begin({ locale, languages, page, kept }: Pick<ToApp & { type: "hello" }, "locale" | "languages" | "page" | "kept">): Promise<Chat> {
  const begun = new Chat(root.dataset["widget"] ?? "", kept, (message) => host.say(message));
  chat = begun;
  // The button is there as soon as the owner's settings are; the history comes after.
  const stop = begun.subscribe(() => {
    const { settings } = begun.state;
    if (!settings) return;
    stop();
    dress(settings);
    if (place) render(<Window chat={begun} onClose={close} />, place);
    queueMicrotask(announce);
  });
  await begun.start(locale, languages, page);
  return begun;
}

// Opened by itself, as a page of its own: a link in a mail, or a browser that shows no iframes.
if (window.parent === window) {
  root.classList.add("alone");
  void begin({ locale: null, languages: [...(navigator.languages ?? [])], page: { url: "", title: "" }, kept: { session: null, sound: null } }).then((begun) => {
    begun.open(false);
    focus();
  });
}
