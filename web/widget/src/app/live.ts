/**
 * The stream, shared by the tabs of one browser.
 *
 * One tab holds a lock and the connection and hands on what comes; when it is closed, the next takes over behind the last event.
 * Where locks or channels are missing each tab has a connection of its own.
 */

import type { Session } from "./model.js";
import { ApiError, type LiveEvent, type VisitorApi } from "./visitor_api.js";

export interface LiveListener {
  /** A connection that begins at the present is ready: what was before is to be read, and has no gap to what comes. */
  onStart(): void;
  onEvent(event: LiveEvent): void;
  /** The connection broke (false), or stands again (true). */
  onState(isUp: boolean): void;
  /** The session of this token is over. */
  onEnd(token: string | null): void;
  /** Another tab began, changed or ended the session: storage may tell of it later than this does. */
  onSession(session: Session | null): void;
}

function openChannel(widget: string): BroadcastChannel | null {
  try {
    return new BroadcastChannel(`romashka:${widget}`);
  } catch {
    return null;
  }
}

type Note = { kind: "event"; event: LiveEvent } | { kind: "session"; session: Session | null } | { kind: "state"; isUp: boolean };

/** Longer than two heartbeats (20 seconds): then the connection is dead. */
const SILENCE = 50_000;

export class Live {
  private readonly channel: BroadcastChannel | null;
  private stopping: AbortController | null = null;
  private last = "";

  constructor(
    private readonly widget: string,
    private readonly api: VisitorApi,
    private readonly listener: LiveListener,
  ) {
    this.channel = openChannel(widget);
    if (this.channel) this.channel.onmessage = ({ data }: MessageEvent<Note>) => this.take(data);
  }

  private take(note: Note): void {
    if (note.kind === "event") {
      this.last = note.event.id;
      this.listener.onEvent(note.event);
    } else if (note.kind === "state") this.listener.onState(note.isUp);
    else this.listener.onSession(note.session);
  }

  /** Tells the other tabs that the session is another one. */
  announce(session: Session | null): void {
    this.channel?.postMessage({ kind: "session", session } satisfies Note);
  }

  /** Begins, for the present session; what ran before ends. */
  start(): void {
    this.stop();
    const stopping = new AbortController();
    this.stopping = stopping;
    const { signal } = stopping;
    if (this.channel && navigator.locks) {
      const held = navigator.locks.request(`romashka:${this.widget}`, { signal }, () => this.run(signal));
      // Refused, as it is to what is embedded from another site in some browsers: each tab for itself.
      held.catch(() => (signal.aborted ? undefined : this.run(signal)));
    } else void this.run(signal);
  }

  stop(): void {
    this.stopping?.abort();
    this.stopping = null;
    this.last = "";
  }

  private async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let wait = 1000;
    const state = (isUp: boolean) => {
      this.listener.onState(isUp);
      this.channel?.postMessage({ kind: "state", isUp } satisfies Note);
    };
    while (!signal.aborted) {
      const connection = new AbortController();
      const token = this.api.token();
      const stop = () => connection.abort();
      signal.addEventListener("abort", stop, { once: true });
      let dog = 0;
      const beat = () => {
        clearTimeout(dog);
        dog = window.setTimeout(stop, SILENCE);
      };
      let told: number | null = null;
      try {
        beat();
        const isFresh = !this.last;
        const opened = () => {
          failures = 0;
          state(true);
        };
        for await (const event of this.api.stream(this.last, connection.signal, opened, beat)) {
          if (event.retry !== undefined) wait = event.retry;
          if (event.id) this.last = event.id;
          if (!event.event) continue;
          if (event.event === "ready") {
            if (isFresh) this.listener.onStart();
            continue;
          }
          this.listener.onEvent(event);
          this.channel?.postMessage({ kind: "event", event: { id: event.id, event: event.event, data: event.data } } satisfies Note);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) return this.listener.onEnd(token);
        if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return;
        if (error instanceof ApiError && error.retryAfter !== null) told = error.retryAfter * 1000;
        failures += 1;
        if (failures > 1) state(false);
      } finally {
        clearTimeout(dog);
        signal.removeEventListener("abort", stop);
        connection.abort();
      }
      const backoff = Math.min(30_000, wait * 2 ** Math.min(failures, 5));
      await this.pause(told ?? backoff * (0.5 + Math.random() / 2), signal);
    }
  }

  /** Ends early when the network or the visitor comes back. */
  private pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        document.removeEventListener("visibilitychange", seen);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const seen = () => document.visibilityState === "visible" && done();
      const timer = setTimeout(done, milliseconds);
      addEventListener("online", done);
      document.addEventListener("visibilitychange", seen);
      signal.addEventListener("abort", done);
    });
  }
}
