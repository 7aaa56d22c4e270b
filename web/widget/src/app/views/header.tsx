import type { Words } from "../texts/index.js";
import { fill, opening, span } from "../texts/index.js";
import type { State } from "../chat.js";
import { Avatar } from "./avatar.js";
import { useChat } from "./context.js";
import { Icon } from "./icons.js";

/** What the team's presence means for the visitor, in a line. */
export function presence(state: State, words: Words): { isHere: boolean; text: string } {
  const available = state.settings?.availability;
  if (!available) return { isHere: false, text: "" };
  if (available.open && available.agents_online) {
    const hint = available.reply_hint_seconds;
    return { isHere: true, text: hint ? fill(words.replies_in, { time: span(hint, state.locale) }) : words.online };
  }
  return { isHere: false, text: available.opens_at && !available.open ? fill(words.back, { time: opening(available.opens_at, state.locale) }) : words.away };
}

export function Header({ onClose }: { onClose: () => void }) {
  const { chat, state, words } = useChat();
  const agent = state.conversation?.agent;
  const title = state.settings?.configuration.title || words.title;
  const { isHere, text } = presence(state, words);
  return (
    <header class="header">
      <Avatar name={agent?.name || state.settings?.name || title} url={agent?.avatar_url} />
      <div class="who">
        <h1 id="title">{agent?.name || title}</h1>
        <p class="presence">
          <span class={isHere ? "dot here" : "dot"} aria-hidden="true" />
          {text}
        </p>
      </div>
      <button type="button" class="round" aria-pressed={state.hasSound} aria-label={state.hasSound ? words.sound_off : words.sound_on} title={state.hasSound ? words.sound_off : words.sound_on} onClick={() => chat.setSound(!state.hasSound)}>
        <Icon name={state.hasSound ? "bell" : "mute"} />
      </button>
      <button type="button" class="round" aria-label={words.close} title={words.close} onClick={onClose}>
        <Icon name="close" />
      </button>
    </header>
  );
}
