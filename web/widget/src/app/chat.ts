/**
 * The talk: what is known, what is on its way, and everything a visitor can do.
 *
 * Invariants: a message is stored once, however often it is sent (`client_message_id`); messages leave in the order they were
 * written; nothing the visitor wrote is lost by a failure; nothing is stored or asked for on the server before he says something.
 */

import { uuid } from "@romashka/client";
import type { Identity, Kept, Page, ToPage } from "../protocol.js";
import { Files } from "./files.js";
import { Live } from "./live.js";
import type { Answers, Author, Conversation, Draft, Message, Outgoing, Session, Settings } from "./model.js";
import { Keep } from "./session.js";
import { chime } from "./sound.js";
import { chooseLocale, words, type Words } from "./texts/index.js";
import { isForeign, laterStatus, merge, pending, stored } from "./timeline.js";
import { ApiError, VisitorApi, type LiveEvent } from "./visitor_api.js";

export interface State {
  phase: "loading" | "ready" | "unavailable";
  settings: Settings | null;
  isOpen: boolean;
  isModal: boolean;
  locale: string;
  messages: Message[];
  outbox: Outgoing[];
  drafts: Draft[];
  conversation: Conversation | null;
  /** Where older messages begin; null when all are here. */
  previous: string | null;
  isReadingBack: boolean;
  /** Whether the history of a session was read. */
  isLoaded: boolean;
  typing: Author | null;
  isConnected: boolean;
  unread: number;
  email: string | null;
  isFormDone: boolean;
  isSignedIn: boolean;
  hasSound: boolean;
  notice: { text: string; isError: boolean } | null;
  rated: number | null;
}

const NOTHING: Conversation = { conversation_id: null, status: null, unread: 0, read_by_agent_at: null, agent: null, can_rate: false, rating: null, started_at: null };

export class Chat {
  readonly keep: Keep;
  readonly api: VisitorApi;
  readonly files: Files;
  state: State;
  private readonly live: Live;
  private readonly listeners = new Set<() => void>();
  private session: Session | null;
  private beginning: Promise<void> | null = null;
  private sending = false;
  private page: Page = { url: "", title: "" };
  private languages: string[] = [];
  private chosen: string | null = null;
  private readUpTo = "";
  private toRead = "";
  private isAtEnd = true;
  private readTimer = 0;
  private typingTimer = 0;
  private typedAt = 0;
  private hideTyping = 0;
  private noticeTimer = 0;

  constructor(
    widget: string,
    kept: Kept,
    /** Says something to the site's page. */
    readonly tell: (message: ToPage) => void,
  ) {
    this.keep = new Keep(widget, kept, (name, value) => tell({ type: "keep", name, value }));
    this.session = this.keep.session;
    this.api = new VisitorApi(widget, () => this.session?.visitor_token ?? null);
    this.files = new Files(this);
    this.live = new Live(widget, this.api, {
      onStart: () => void this.load(),
      onEvent: (event) => this.take(event),
      onState: (isConnected) => this.set({ isConnected }),
      onEnd: (token) => this.forget(token),
      onSession: (session) => this.adopt(session),
    });
    this.state = {
      phase: "loading",
      settings: null,
      isOpen: false,
      isModal: false,
      locale: "en",
      messages: [],
      outbox: [],
      drafts: [],
      conversation: null,
      previous: null,
      isReadingBack: false,
      isLoaded: !this.session,
      typing: null,
      isConnected: true,
      unread: 0,
      email: this.keep.get("email"),
      isFormDone: false,
      isSignedIn: this.session?.verified === true,
      hasSound: false,
      notice: null,
      rated: null,
    };
    document.addEventListener("visibilitychange", () => this.considerRead());
  }

  // State

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }

  get words(): Words {
    return words(this.state.locale, this.state.settings?.configuration.texts);
  }

  /** A line that is shown for a while, or until it is taken back. */
  notify(text: string | null, isError = true, milliseconds = 6000): void {
    clearTimeout(this.noticeTimer);
    this.set({ notice: text === null ? null : { text, isError } });
    if (text !== null) this.noticeTimer = window.setTimeout(() => this.set({ notice: null }), milliseconds);
  }

  /** What went wrong, in words for the visitor. */
  explain(error: unknown): string {
    if (!(error instanceof ApiError)) return this.words.no_connection;
    if (error.status === 429) return this.words.too_fast;
    if (error.status === 413 || error.status === 415) return this.words.file_refused;
    // Refusals of values are written for people; the rest is of no use to a visitor.
    return (error.status === 422 && (error.problem.detail || error.problem.errors?.[0]?.detail)) || this.words.failed_generally;
  }

  // Beginning

  /** Reads the widget, and what was said before where there is a session. */
  async start(locale: string | null, languages: string[], page: Page): Promise<void> {
    this.page = page;
    this.chosen = locale;
    this.languages = languages;
    try {
      const settings = await this.api.settings();
      const sound = this.keep.get("sound");
      this.set({ settings, phase: "ready", hasSound: sound === null ? settings.configuration.sound === true : sound === "on" });
      this.setLocale(locale);
    } catch {
      this.set({ phase: "unavailable" });
      this.tell({ type: "unavailable" });
      return;
    }
    if (this.session) {
      this.live.start();
      await this.load();
    }
  }

  setLocale(locale: string | null): void {
    this.chosen = locale ?? this.chosen;
    const settings = this.state.settings;
    this.set({ locale: chooseLocale(this.chosen, this.languages, settings?.configuration.languages, settings?.language ?? null) });
  }

  setPage(page: Page): void {
    this.page = page;
  }

  private async load(): Promise<void> {
    const token = this.session?.visitor_token;
    if (!token) return;
    try {
      const [page, conversation] = await Promise.all([this.api.newest(), this.api.conversation()]);
      if (token !== this.session?.visitor_token) return;
      const isFirst = !this.state.isLoaded || this.state.messages.length === 0;
      this.put(page.data);
      if (isFirst) this.set({ previous: page.previous_cursor ?? null });
      this.set({ isLoaded: true, isFormDone: this.state.isFormDone || page.data.length > 0 });
      this.setConversation(conversation);
      this.considerRead();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return this.forget(token);
      this.set({ isLoaded: true, isConnected: false });
    }
  }

  async readBack(): Promise<void> {
    const { previous, isReadingBack } = this.state;
    if (!previous || isReadingBack) return;
    this.set({ isReadingBack: true });
    try {
      const page = await this.api.before(previous);
      this.put(page.data);
      this.set({ previous: page.previous_cursor ?? null });
    } catch (error) {
      this.notify(this.explain(error));
    }
    this.set({ isReadingBack: false });
  }

  private put(arrived: Message[]): void {
    const messages = merge(this.state.messages, arrived);
    this.set({ messages, outbox: pending(this.state.outbox, messages) });
  }

  private setConversation(conversation: Conversation | null): void {
    const known = conversation ?? NOTHING;
    this.set({ conversation: known, rated: known.rating });
    // While the window is read the count is ours: the mark may still be on its way.
    this.setUnread(this.isReading ? 0 : known.unread);
  }

  // Live

  private take({ event, data }: LiveEvent): void {
    if (event === "message") {
      const message = data as Message | null;
      if (!message || typeof message.id !== "string") return;
      const isNew = !this.state.messages.some((known) => known.id === message.id);
      this.put([message]);
      if (!isForeign(message)) return;
      this.set({ typing: null });
      if (!isNew) return;
      if (this.state.hasSound) chime();
      this.tell({ type: "event", name: "message", detail: { id: message.id, sender_type: message.sender_type } });
      // What is unread is counted by the server, which says it with the message.
      this.considerRead();
    } else if (event === "status") {
      const change = data as { message_id: string; status: Message["status"] };
      this.set({ messages: this.state.messages.map((message) => (message.id === change.message_id ? { ...message, status: laterStatus(message.status, change.status) } : message)) });
    } else if (event === "typing") {
      const { typing, author } = data as { typing: boolean; author: Author | null };
      clearTimeout(this.hideTyping);
      this.set({ typing: typing ? (author ?? { name: "", avatar_url: null }) : null });
      if (typing) this.hideTyping = window.setTimeout(() => this.set({ typing: null }), 6000);
    } else if (event === "conversation") this.setConversation(data as Conversation);
    else if (event === "reset") {
      this.set({ messages: [], previous: null });
      void this.load();
    }
  }

  // The session

  private async ensureSession(): Promise<void> {
    if (this.session) return;
    this.beginning ??= this.api
      .begin()
      .then((session) => this.use(session))
      .finally(() => (this.beginning = null));
    await this.beginning;
  }

  private use(session: Session): void {
    this.session = session;
    this.keep.session = session;
    this.set({ isSignedIn: session.verified === true });
    this.live.announce(this.session);
    this.live.start();
  }

  /** What the page keeps was changed by another tab. */
  takeKept(kept: Kept): void {
    this.keep.take(kept);
    this.adopt(this.keep.session);
  }

  /** Another tab has changed the session. */
  private adopt(kept: Session | null): void {
    if (kept?.visitor_token === this.session?.visitor_token) return;
    this.session = kept;
    this.keep.take({ session: kept && JSON.stringify(kept), sound: this.keep.get("sound") });
    if (kept) {
      this.set({ isLoaded: false, isSignedIn: kept.verified === true, messages: [] });
      this.live.start();
      void this.load();
    } else this.empty();
  }

  private empty(): void {
    this.live.stop();
    this.files.clear();
    this.set({ messages: [], conversation: null, previous: null, isLoaded: true, email: null, isFormDone: false, isSignedIn: false, typing: null, rated: null });
    this.setUnread(0);
  }

  /**
   * The session of this token is over: what is on its way stays and goes out under the next. A token that was refused after
   * another one took its place says nothing of that one.
   */
  private forget(token: string | null): void {
    if (token !== (this.session?.visitor_token ?? null)) return;
    this.session = null;
    this.keep.session = null;
    this.live.announce(this.session);
    this.empty();
  }

  async identify(identity: Identity): Promise<void> {
    try {
      const session = await this.api.identify(identity);
      this.set({ messages: [], previous: null, isLoaded: false });
      this.use(session);
      await this.load();
      this.tell({ type: "event", name: "identified", detail: { name: session.name ?? null } });
    } catch (error) {
      const code = error instanceof ApiError ? error.code : "network";
      this.tell({ type: "event", name: "error", detail: { during: "identify", code } });
    }
  }

  /** The visitor leaves: nothing of him stays in this browser. */
  async reset(): Promise<void> {
    if (this.session) await this.api.end().catch(() => undefined);
    this.keep.clear();
    this.set({ outbox: [] });
    this.forget(this.session?.visitor_token ?? null);
  }

  // Writing

  /** Whether an address is wanted before the first word: nobody is there, and no answer could reach him. */
  get wantsEmail(): boolean {
    const { settings, email, isSignedIn, messages, outbox } = this.state;
    if (!settings || email || isSignedIn) return false;
    const isAway = !settings.availability.open || !settings.availability.agents_online;
    const isAsked = settings.form.some((field) => field.type === "email");
    return isAway && !isAsked && messages.length === 0 && outbox.every((outgoing) => outgoing.state === "needs_email");
  }

  setEmail(email: string): void {
    this.keep.set("email", email);
    this.set({ email });
  }

  send(content: string, form?: Outgoing["form"]): void {
    const files = this.files.take();
    const text = content.trim();
    if (!text && files.length === 0) return;
    const outgoing: Outgoing = { id: uuid(), content: text, files, created_at: new Date().toISOString(), state: "sending", reason: null };
    if (form) {
      outgoing.form = form;
      const given = form.answers["email"];
      if (given) this.setEmail(given);
      this.set({ isFormDone: true });
    }
    this.set({ outbox: [...this.state.outbox, outgoing], notice: null });
    this.stopTyping();
    void this.deliver();
  }

  retry(id: string): void {
    this.change(id, { state: "sending", reason: null });
    void this.deliver();
  }

  /** With an address that was asked for. */
  retryWithEmail(email: string): void {
    this.setEmail(email);
    this.set({ outbox: this.state.outbox.map((outgoing) => (outgoing.state === "needs_email" ? { ...outgoing, state: "sending", reason: null } : outgoing)) });
    void this.deliver();
  }

  private change(id: string, change: Partial<Outgoing>): void {
    this.set({ outbox: this.state.outbox.map((outgoing) => (outgoing.id === id ? { ...outgoing, ...change } : outgoing)) });
  }

  /** Sends what waits, one after the other, so that the order is the visitor's. */
  private async deliver(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (;;) {
        const next = this.state.outbox.find((outgoing) => outgoing.state === "sending");
        if (!next) return;
        await this.deliverOne(next).catch((error: unknown) => {
          const needsEmail = error instanceof ApiError && error.status === 422 && error.concerns("email");
          this.change(next.id, needsEmail ? { state: "needs_email", reason: null } : { state: "failed", reason: this.explain(error) });
        });
      }
    } finally {
      this.sending = false;
    }
  }

  private async deliverOne(outgoing: Outgoing, isSecond = false): Promise<void> {
    await this.ensureSession();
    const token = this.session?.visitor_token ?? null;
    try {
      const { email } = this.state;
      const answer = await this.api.write(
        {
          content: outgoing.content,
          client_message_id: outgoing.id,
          ...(email ? { email } : {}),
          ...(outgoing.form ? { form: outgoing.form } : {}),
          ...nameOf(outgoing.form?.answers),
          ...(outgoing.files.length ? { attachment_ids: outgoing.files.map((file) => file.id) } : {}),
          ...(this.page.url ? { page_url: this.page.url, page_title: this.page.title } : {}),
        },
        // Half a minute in all, then the visitor decides.
        { attempts: 6, firstDelay: 800, longestDelay: 15_000 },
      );
      this.put([stored(outgoing, answer)]);
      this.tell({ type: "event", name: "sent", detail: { id: answer.message_id } });
    } catch (error) {
      // The session ended meanwhile: a new one begins, once. Files belonged to the old one.
      const isOver = error instanceof ApiError && error.status === 401 && !isSecond && !this.state.settings?.identity_required;
      if (!isOver || outgoing.files.length > 0) throw error;
      this.forget(token);
      await this.deliverOne(outgoing, true);
    }
  }

  async attach(files: File[]): Promise<void> {
    try {
      await this.ensureSession();
      this.files.add(files);
    } catch (error) {
      this.notify(this.explain(error));
    }
  }

  // Typing and reading

  /** A key was pressed: said at most every three seconds, taken back after five of silence. */
  type(): void {
    if (!this.session || !this.state.conversation?.conversation_id) return;
    clearTimeout(this.typingTimer);
    this.typingTimer = window.setTimeout(() => this.stopTyping(), 5000);
    if (Date.now() - this.typedAt < 3000) return;
    this.typedAt = Date.now();
    void this.api.typing(true).catch(() => undefined);
  }

  stopTyping(): void {
    clearTimeout(this.typingTimer);
    if (!this.typedAt) return;
    this.typedAt = 0;
    void this.api.typing(false).catch(() => undefined);
  }

  private get isReading(): boolean {
    return this.state.isOpen && this.isAtEnd && document.visibilityState === "visible";
  }

  /** Whether the newest message is in view. */
  setAtEnd(isAtEnd: boolean): void {
    this.isAtEnd = isAtEnd;
    if (isAtEnd) this.considerRead();
  }

  private considerRead(): void {
    if (!this.isReading) return;
    this.setUnread(0);
    const last = [...this.state.messages].reverse().find(isForeign);
    if (!last || last.id === this.readUpTo) return;
    clearTimeout(this.readTimer);
    this.toRead = last.id;
    this.readTimer = window.setTimeout(() => this.isReading && this.markRead(), 1000);
  }

  /** Says what was seen; also at once, when the window is closed. */
  private markRead(): void {
    clearTimeout(this.readTimer);
    const id = this.toRead;
    if (!id || id === this.readUpTo) return;
    this.readUpTo = id;
    this.toRead = "";
    void this.api.read(id).catch(() => (this.readUpTo = ""));
  }

  private setUnread(unread: number): void {
    if (unread !== this.state.unread) this.set({ unread });
    this.tell({ type: "unread", count: unread });
  }

  // The window

  open(isModal: boolean): void {
    this.set({ isOpen: true, isModal });
    this.considerRead();
  }

  close(): void {
    if (this.isReading) this.markRead();
    this.set({ isOpen: false });
    this.stopTyping();
  }

  setSound(hasSound: boolean): void {
    this.keep.set("sound", hasSound ? "on" : "off");
    this.set({ hasSound });
    if (hasSound) chime();
  }

  async rate(rating: number, comment: string): Promise<boolean> {
    try {
      await this.api.rate(rating, comment);
      this.set({ rated: rating });
      return true;
    } catch (error) {
      this.notify(this.explain(error));
      return false;
    }
  }
}

function nameOf(answers: Answers | undefined): { name?: string; phone?: string } {
  const { name, phone } = answers ?? {};
  return { ...(name ? { name } : {}), ...(phone ? { phone } : {}) };
}
