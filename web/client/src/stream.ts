/** The workspace's ledger, followed live. */

import { ApiError, NetworkError } from "./errors.js";
import type { components } from "./schema.js";
import { isPassing, pause } from "./retry.js";
import { parseEvents } from "./server_sent_events.js";

/** An event of the ledger: it names what changed. */
export type LedgerEvent = components["schemas"]["Event"];

/** What comes out of a stream. */
export type StreamItem =
  /** What is loaded now and what comes from here on have no gap between them. */
  | { type: "ready"; id: string }
  /** The place to go on from is too old, or of another database: load everything anew. */
  | { type: "reset"; id: string }
  | { type: "event"; id: string; event: LedgerEvent };

/** What is followed. */
export interface FollowOptions {
  /** Only what belongs to this conversation. */
  conversation?: string;
  /** Kinds (`message.created`), or all kinds of a subject (`message`). */
  kinds?: string[];
  /** The id of the last item that was seen: the stream goes on behind it. */
  after?: string;
  workspace?: string;
  signal?: AbortSignal;
}

type Open = (query: Record<string, unknown>, headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

/** Longer than the server's silence (15 seconds) by two beats: then the connection is dead, though nobody said so. */
const SILENCE = 45_000;
const LONGEST_PAUSE = 30_000;

/** Follows the stream through any number of connections. Ends by the signal, or throws what the server refuses for good. */
export async function* follow(open: Open, options: FollowOptions): AsyncGenerator<StreamItem, void, undefined> {
  const signal = options.signal ?? new AbortController().signal;
  const query = { conversation_id: options.conversation, kinds: options.kinds };
  let last = options.after ?? "";
  let wait = 1000;
  let failures = 0;
  while (!signal.aborted) {
    const connection = new AbortController();
    const stop = () => connection.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    let told: number | null = null;
    let dog: ReturnType<typeof setTimeout> | undefined;
    const awake = () => {
      clearTimeout(dog);
      dog = setTimeout(() => connection.abort(new NetworkError(new Error("the stream is silent"))), SILENCE);
    };
    try {
      awake();
      const response = await open(query, last ? { "last-event-id": last } : {}, connection.signal);
      if (!response.body) throw new NetworkError(new Error("the stream has no body"));
      for await (const item of parseEvents(response.body, last)) {
        awake();
        failures = 0;
        if (item.retry !== undefined) wait = item.retry;
        last = item.id;
        if (!item.hasData) continue;
        if (item.event === "ready" || item.event === "reset") yield { type: item.event, id: last };
        else if (item.event === "message") yield { type: "event", id: last, event: JSON.parse(item.data) as LedgerEvent };
      }
    } catch (error) {
      if (signal.aborted) return;
      const isOfNetwork = !(error instanceof ApiError) || isPassing(error) || error.status >= 500;
      if (!isOfNetwork || error instanceof SyntaxError) throw error;
      if (error instanceof ApiError && error.retryAfter !== null) told = error.retryAfter * 1000;
    } finally {
      clearTimeout(dog);
      signal.removeEventListener("abort", stop);
      // Also when the caller leaves the loop.
      connection.abort();
    }
    failures += 1;
    const backoff = Math.min(LONGEST_PAUSE, wait * 2 ** Math.min(failures - 1, 5));
    await pause(told ?? backoff * (0.5 + Math.random() / 2), signal).catch(() => undefined);
  }
}
