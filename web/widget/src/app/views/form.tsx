import { useRef, useState } from "preact/hooks";
import { answers, complaint } from "../fields.js";
import type { Field } from "../model.js";
import { safeAddress } from "../rich.js";
import { useChat } from "./context.js";

type Values = Record<string, string | boolean>;

/** What the owner asks before the chat, together with the first message: one step, not two. */
export function StartForm() {
  const { chat, state, words } = useChat();
  const fields = state.settings?.form ?? [];
  const [values, setValues] = useState<Values>(() => Object.fromEntries(fields.map((field) => [field.key, field.type === "checkbox" ? false : ""])));
  const [text, setText] = useState(chat.keep.draft);
  const [isTried, setTried] = useState(false);
  const begun = useRef(Date.now());
  const trap = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);

  const problems = Object.fromEntries(fields.map((field) => [field.key, complaint(field, values[field.key] ?? "", words)]));
  const missing = text.trim() ? null : words.missing;

  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (missing || Object.values(problems).some(Boolean)) {
      // After the complaints are there, to the first of them.
      setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    const seconds = Math.round((Date.now() - begun.current) / 1000);
    chat.send(text, { answers: answers(fields, values), seconds, website: trap.current?.value ?? "" });
    chat.keep.draft = "";
  };

  return (
    <form class="card form" ref={form} onSubmit={submit} noValidate>
      {fields.map((field) => (
        <FieldView key={field.key} field={field} value={values[field.key] ?? ""} problem={isTried ? (problems[field.key] ?? null) : null} onChange={(value) => setValues({ ...values, [field.key]: value })} />
      ))}
      <label class="field">
        <span>{words.message}</span>
        <textarea id="message" rows={3} dir="auto" maxLength={10_000} value={text} aria-invalid={isTried && missing !== null} aria-describedby={isTried && missing ? "message-problem" : undefined} onInput={(event) => setText(event.currentTarget.value)} />
        {isTried && missing && <small class="problem" id="message-problem" role="alert">{missing}</small>}
      </label>
      {/* People do not see it, and programs that fill in everything do. */}
      <div class="trap" aria-hidden="true">
        <label>Website <input ref={trap} type="text" name="website" tabIndex={-1} autocomplete="off" /></label>
      </div>
      <button type="submit" class="primary">{words.start}</button>
    </form>
  );
}

const COMPLETION: Record<string, string> = { name: "name", email: "email", phone: "tel" };

function FieldView({ field, value, problem, onChange }: { field: Field; value: string | boolean; problem: string | null; onChange: (value: string | boolean) => void }) {
  const { words } = useChat();
  const id = `field-${field.key}`;
  const complaintId = problem ? `${id}-problem` : undefined;
  const shared = { id, "aria-required": field.required, "aria-invalid": problem !== null, "aria-describedby": complaintId };
  const said = problem && <small class="problem" id={complaintId} role="alert">{problem}</small>;
  if (field.type === "link") {
    const href = safeAddress(field.placeholder ?? "") ?? safeAddress(field.key);
    return <p class="note">{href ? <a href={href} target="_blank" rel="noopener noreferrer">{field.label}<span class="hidden"> ({words.opens_tab})</span></a> : field.label}</p>;
  }
  if (field.type === "checkbox") {
    return (
      <div class="field check">
        <label for={id}>
          <input {...shared} type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
          <span dir="auto">{field.label}</span>
        </label>
        {said}
      </div>
    );
  }
  return (
    <div class="field">
      <label for={id}>
        <span dir="auto">{field.label}</span> {!field.required && <small>({words.optional})</small>}
      </label>
      {field.type === "select" ? (
        <select {...shared} value={String(value)} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{field.placeholder || words.choose}</option>
          {(field.choices ?? []).map((choice) => <option key={choice} value={choice}>{choice}</option>)}
        </select>
      ) : (
        <input
          {...shared}
          type={field.type === "number" ? "text" : field.type}
          inputMode={field.type === "number" ? "decimal" : undefined}
          dir={field.type === "text" ? "auto" : undefined}
          maxLength={field.type === "email" ? 254 : 1000}
          autocomplete={COMPLETION[field.key] ?? (field.type === "email" || field.type === "tel" ? field.type : "off")}
          placeholder={field.placeholder ?? undefined}
          value={String(value)}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
      {said}
    </div>
  );
}
