import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Draft } from "../model.js";
import { fill, size } from "../texts/index.js";
import { useChat } from "./context.js";
import { Icon } from "./icons.js";

const LONGEST = 10_000;

/** Where the visitor writes: Enter sends, Shift and Enter begin a line, and an input method's Enter belongs to it. */
export function Composer() {
  const { chat, state, words } = useChat();
  const [text, setText] = useState(chat.keep.draft);
  const input = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const canAttach = state.settings?.uploads !== false && state.settings?.configuration.uploads !== false;
  const isWaiting = state.drafts.some((draft) => draft.state === "uploading");
  const isReady = !isWaiting && (text.trim() !== "" || state.drafts.some((draft) => draft.state === "done"));

  useLayoutEffect(() => {
    const element = input.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 132)}px`;
  }, [text, state.isOpen]);

  useEffect(() => {
    const timer = setTimeout(() => (chat.keep.draft = text), 300);
    return () => clearTimeout(timer);
  }, [text]);

  const send = () => {
    if (isWaiting) return chat.notify(words.files_wait, false);
    if (!isReady) return;
    chat.send(text);
    setText("");
    chat.keep.draft = "";
    input.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {state.drafts.length > 0 && (
        <ul class="drafts">
          {state.drafts.map((draft) => (
            <DraftView key={draft.key} draft={draft} />
          ))}
        </ul>
      )}
      <div class="line">
        {canAttach && (
          <>
            <button type="button" class="round attach" aria-label={words.attach} title={words.attach} onClick={() => picker.current?.click()}>
              <Icon name="clip" />
            </button>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              tabIndex={-1}
              onChange={(event) => {
                void chat.attach(Array.from(event.currentTarget.files ?? []));
                event.currentTarget.value = "";
                input.current?.focus();
              }}
            />
          </>
        )}
        <label class="hidden" for="message">{words.message}</label>
        <textarea
          id="message"
          ref={input}
          rows={1}
          dir="auto"
          maxLength={LONGEST}
          value={text}
          placeholder={words.placeholder}
          enterkeyhint="send"
          onInput={(event) => {
            setText(event.currentTarget.value);
            chat.type();
          }}
          onBlur={() => chat.stopTyping()}
          onPaste={(event) => {
            const files = Array.from(event.clipboardData?.files ?? []);
            if (!canAttach || files.length === 0) return;
            event.preventDefault();
            void chat.attach(files);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="round send" aria-label={words.send} title={words.send} aria-disabled={!isReady}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function DraftView({ draft }: { draft: Draft }) {
  const { chat, state, words } = useChat();
  const { name } = draft.file;
  const percent = Math.round(draft.progress * 100);
  return (
    <li class={`draft ${draft.state}`}>
      <Icon name={draft.state === "failed" ? "alert" : "file"} />
      <span class="file-name">
        <bdi>{name}</bdi>
        <small role={draft.state === "failed" ? "alert" : undefined}>{draft.reason ?? (draft.state === "uploading" ? `${percent} %` : size(draft.file.size, state.locale))}</small>
        {draft.state === "uploading" && <progress aria-label={fill(words.uploading, { name })} max={100} value={percent} />}
      </span>
      {draft.state === "failed" && <button type="button" class="link" onClick={() => chat.files.retry(draft.key)}>{words.retry}</button>}
      <button type="button" class="round small" aria-label={fill(words.remove, { name })} onClick={() => chat.files.remove(draft.key)}>
        <Icon name="close" />
      </button>
    </li>
  );
}
