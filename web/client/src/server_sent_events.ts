/** Server-sent events as the HTML standard defines them, read from a response's body. */

/** One event. */
export interface ServerSentEvent {
  /** The last id that was seen, also of an event before this one. */
  id: string;
  /** The name; `message` where none is given. */
  event: string;
  data: string;
  /** Milliseconds to wait before connecting again, where the stream said so together with this event. */
  retry?: number;
  /** Whether it carries data. One that does not only moves the place on. */
  hasData: boolean;
}

/** An event of a stream must not be longer than this many characters: more is no stream of this server. */
const LONGEST = 4 * 1024 * 1024;

/** Reads events until the body ends. Each block is given, also one that has an id or a retry alone. */
export async function* parseEvents(body: ReadableStream<Uint8Array>, lastId = ""): AsyncGenerator<ServerSentEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let id = lastId;
  let name = "";
  let data: string[] = [];
  let retry: number | undefined;
  let touched = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A CR at the very end may be half of a CRLF: it waits for what follows.
      let begin = 0;
      for (;;) {
        const end = lineEnd(rest, begin);
        if (end === null) break;
        const line = rest.slice(begin, end.at);
        begin = end.next;
        if (line === "") {
          if (touched) {
            const event: ServerSentEvent = { id, event: name || "message", data: data.join("\n"), hasData: data.length > 0 };
            if (retry !== undefined) event.retry = retry;
            yield event;
          }
          name = "";
          data = [];
          retry = undefined;
          touched = false;
          continue;
        }
        if (line.startsWith(":")) continue;
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
        if (field === "data") data.push(text);
        else if (field === "event") name = text;
        else if (field === "id" && !text.includes("\0")) id = text;
        else if (field === "retry" && /^\d+$/.test(text)) retry = Number(text);
        else continue;
        touched = true;
      }
      rest = rest.slice(begin);
      if (rest.length + data.reduce((sum, part) => sum + part.length, 0) > LONGEST) throw new TypeError("an event of the stream is too long");
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function lineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === "\n") return { at, next: at + 1 };
    if (letter === "\r") {
      if (at + 1 === text.length) return null;
      return { at, next: text[at + 1] === "\n" ? at + 2 : at + 1 };
    }
  }
  return null;
}
