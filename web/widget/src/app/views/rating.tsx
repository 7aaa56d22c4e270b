import { useState } from "preact/hooks";
import { isOver } from "../timeline.js";
import { useChat } from "./context.js";
import { Icon, Star } from "./icons.js";

/** After the chat: one to five stars, by pointer or by the arrow keys, and a word. */
export function Rating() {
  const { chat, state, words } = useChat();
  const [stars, setStars] = useState(0);
  const [hovered, setHovered] = useState(0);
  const [comment, setComment] = useState("");
  const [isSending, setSending] = useState(false);
  const isWanted = state.settings?.configuration.rating !== false && state.conversation?.can_rate && isOver(state.conversation);
  if (state.rated !== null && state.conversation?.conversation_id) {
    return isWanted || stars > 0 ? (
      <div class="card thanks" role="status">
        <span class="thanks-icon"><Icon name="check" /></span> {words.rate_thanks}
      </div>
    ) : null;
  }
  if (!isWanted) return null;
  const labels = [words.rate_1, words.rate_2, words.rate_3, words.rate_4, words.rate_5];
  const shown = hovered || stars;
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    await chat.rate(stars, comment.trim());
    setSending(false);
  };
  return (
    <form class="card rating" onSubmit={submit}>
      <fieldset>
        <legend>{words.rate}</legend>
        <div class="stars" onMouseLeave={() => setHovered(0)}>
          {labels.map((label, at) => (
            <label key={label} title={label} onMouseEnter={() => setHovered(at + 1)}>
              <input type="radio" name="rating" value={at + 1} checked={stars === at + 1} aria-label={label} onChange={() => setStars(at + 1)} />
              <Star isFull={at < shown} />
            </label>
          ))}
        </div>
        <p class="chosen" aria-hidden="true">{labels[shown - 1] ?? "\u00a0"}</p>
      </fieldset>
      {stars > 0 && (
        <>
          <label class="field">
            <span>{words.rate_comment} <small>({words.optional})</small></span>
            <textarea rows={2} maxLength={2000} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
          </label>
          <button type="submit" class="primary" disabled={isSending}>{words.rate_send}</button>
        </>
      )}
    </form>
  );
}
