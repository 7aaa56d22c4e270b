import { useRef, useState } from "preact/hooks";
import { isEmail } from "../fields.js";
import { fill } from "../texts/index.js";
import { useChat } from "./context.js";
import { Icon } from "./icons.js";

/** Where nobody is there to answer at once: an address for the answer. */
export function EmailCard() {
  const { chat, state, words } = useChat();
  const [email, setEmail] = useState("");
  const [isTried, setTried] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isBlocked = state.outbox.some((outgoing) => outgoing.state === "needs_email");
  const problem = isTried && !isEmail(email) ? words.bad_email : null;
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!isEmail(email)) return input.current?.focus();
    if (isBlocked) chat.retryWithEmail(email.trim());
    else chat.setEmail(email.trim());
    document.getElementById("message")?.focus();
  };
  return (
    <form class="card email" onSubmit={submit} noValidate>
      <p class="card-title"><Icon name="mail" /> {words.email_ask}</p>
      {isBlocked && <p class="note" role="alert">{words.email_needed}</p>}
      <div class="field">
        <label for="email">{words.email}</label>
        <div class="beside">
          <input id="email" ref={input} type="email" autocomplete="email" maxLength={254} value={email} aria-invalid={problem !== null} aria-describedby={problem ? "email-problem" : "email-hint"} onInput={(event) => setEmail(event.currentTarget.value)} />
          <button type="submit" class="primary" aria-label={words.send}><Icon name="check" /></button>
        </div>
        {problem ? <small class="problem" id="email-problem" role="alert">{problem}</small> : <small id="email-hint">{words.email_hint}</small>}
      </div>
    </form>
  );
}

/** The address that was left. */
export function EmailKept() {
  const { state, words } = useChat();
  return <p class="system" role="status"><Icon name="mail" /> {fill(words.email_kept, { email: state.email ?? "" })}</p>;
}
