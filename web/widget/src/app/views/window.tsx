import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat.js";
import { direction } from "../texts/index.js";
import { isOver } from "../timeline.js";
import { Composer } from "./composer.js";
import { Provider } from "./context.js";
import { EmailCard, EmailKept } from "./email.js";
import { StartForm } from "./form.js";
import { Header } from "./header.js";
import { Icon } from "./icons.js";
import { Log } from "./log.js";

const FOCUSABLE = "button:not([disabled]):not([tabindex='-1']),a[href],input:not([hidden]):not([tabindex='-1']),select,textarea,[tabindex='0']";

/** The chat's window. */
export function Window({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const [state, setState] = useState(chat.state);
  const [isDropping, setDropping] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => chat.subscribe(() => setState(chat.state)), [chat]);
  const words = chat.words;

  useEffect(() => {
    document.documentElement.lang = state.locale;
    document.documentElement.dir = direction(state.locale);
    document.title = state.settings?.configuration.title || words.title;
  }, [state.locale, state.settings]);

  const { settings } = state;
  if (state.phase !== "ready" || !settings) return null;

  const mustSignIn = settings.identity_required && !state.isSignedIn;
  const asksForm = settings.form.some((field) => field.type !== "link") && !state.isFormDone && state.isLoaded && state.messages.length === 0 && state.outbox.length === 0;
  const asksEmail = !asksForm && !mustSignIn && chat.wantsEmail && state.isLoaded;
  const mustGiveEmail = asksEmail && settings.configuration.require_email_offline === true;
  const isAway = !(settings.availability.open && settings.availability.agents_online);
  const isClosed = isOver(state.conversation);
  const hasFiles = settings.uploads && settings.configuration.uploads !== false && !asksForm && !mustSignIn && !mustGiveEmail;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      onClose();
    } else if (event.key === "Tab" && state.isModal) {
      const all = Array.from(box.current?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? []).filter((element) => element.offsetParent !== null);
      const edge = event.shiftKey ? all[0] : all[all.length - 1];
      if (document.activeElement !== edge) return;
      event.preventDefault();
      (event.shiftKey ? all[all.length - 1] : all[0])?.focus();
    }
  };
  const isOfFiles = (event: DragEvent) => hasFiles && Array.from(event.dataTransfer?.types ?? []).includes("Files");

  return (
    <Provider value={{ chat, state, words }}>
      <div
        class="window"
        ref={box}
        role="dialog"
        aria-modal={state.isModal}
        aria-labelledby="title"
        onKeyDown={onKeyDown}
        onDragOver={(event) => {
          if (!isOfFiles(event)) return;
          event.preventDefault();
          setDropping(true);
        }}
        onDragLeave={(event) => {
          if (!event.relatedTarget) setDropping(false);
        }}
        onDrop={(event) => {
          setDropping(false);
          if (!isOfFiles(event)) return;
          event.preventDefault();
          void chat.attach(Array.from(event.dataTransfer?.files ?? []));
        }}
      >
        <Header onClose={onClose} />
        <main>
          {mustSignIn ? (
            <div class="empty">
              <p role="status">{words.sign_in}</p>
            </div>
          ) : (
            <Log>
              {asksForm && <StartForm />}
              {asksEmail && <EmailCard />}
              {isAway && state.email && !asksForm && !state.isSignedIn && <EmailKept />}
            </Log>
          )}
          {state.notice && (
            <p class={state.notice.isError ? "notice error" : "notice"} role={state.notice.isError ? "alert" : "status"}>
              {state.notice.text}
            </p>
          )}
          {!state.isConnected && !state.notice && <p class="notice" role="status">{words.no_connection}</p>}
          {isClosed && !asksForm && <p class="closed">{words.closed}</p>}
          {!asksForm && !mustSignIn && !mustGiveEmail && <Composer />}
        </main>
        {settings.configuration.show_branding !== false && <p class="branding">{words.powered}</p>}
        {isDropping && <div class="drop" aria-hidden="true"><Icon name="clip" /> {words.drop_here}</div>}
      </div>
    </Provider>
  );
}
