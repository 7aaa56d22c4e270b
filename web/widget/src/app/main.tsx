/** The chat's window, in its iframe. */

import { render } from "preact";
import type { ToApp } from "../protocol.js";
import { Chat } from "./chat.js";
import { Host } from "./host.js";
import { dress, lookOf } from "./look.js";
import { Window } from "./views/window.js";

const root = document.documentElement;
const place = document.getElementById("app");
const chat = new Chat(root.dataset["widget"] ?? "");
const host = new Host((message) => void hear(message));
chat.tell = (message) => host.say(message);
let hasBegun = false;

const close = () => host.say({ type: "close" });

function announce(): void {
  const { settings, locale } = chat.state;
  if (settings) host.say({ type: "ready", look: lookOf(settings, chat.words, locale) });
}

/** To where the visitor goes on: what he has to fill in first, else the message. */
function focus(): void {
  const target = document.querySelector<HTMLElement>(".card.form input:not([tabindex='-1']), .card.form select, .card.form textarea") ?? document.getElementById("message") ?? document.getElementById("email");
  target?.focus();
}

async function hear(message: ToApp): Promise<void> {
  switch (message.type) {
    case "hello":
      if (hasBegun) return announce();
      hasBegun = true;
      await begin(message.locale, message.languages, message.page);
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

async function begin(locale: string | null, languages: string[], page: { url: string; title: string }): Promise<void> {
  const starting = chat.start(locale, languages, page);
  // The button is there as soon as the owner's settings are; the history comes after.
  const stop = chat.subscribe(() => {
    const { settings } = chat.state;
    if (!settings) return;
    stop();
    dress(settings);
    if (place) render(<Window chat={chat} onClose={close} />, place);
    queueMicrotask(announce);
  });
  await starting;
}

// Opened by itself, as a page of its own: a link in a mail, or a browser that shows no iframes.
if (window.parent === window) {
  hasBegun = true;
  root.classList.add("alone");
  void begin(null, [...(navigator.languages ?? [])], { url: "", title: "" }).then(() => {
    chat.open(false);
    focus();
  });
}
