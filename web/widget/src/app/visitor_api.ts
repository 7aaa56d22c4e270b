/** The visitor's operations, over the official client: credentials, repeating and problems are its. */

import { ApiError, NetworkError, createClient, parseEvents, uuid, type RetryOptions } from "@romashka/client";
import type { Identity } from "../protocol.js";
import type { Answers, Attachment, Conversation, MessagePage, Session, Settings } from "./model.js";

type Send = (method: string, path: string, options?: Record<string, unknown>) => Promise<{ data: unknown }>;

/** What is sent as a message. */
export interface NewMessage {
  content: string;
  client_message_id: string;
  name?: string;
  email?: string;
  form?: { answers: Answers; seconds: number; website: string };
  attachment_ids?: string[];
  page_url?: string;
  page_title?: string;
}

/** An event of the visitor's stream. */
export interface LiveEvent {
  id: string;
  event: string;
  data: unknown;
}

export class VisitorApi {
  private readonly send: Send;
  private readonly base: string;

  constructor(
    widget: string,
    readonly token: () => string | null,
  ) {
    this.base = `/api/v1/website/${encodeURIComponent(widget)}`;
    const client = createClient({ key: () => token() ?? "", retry: { attempts: 4 } });
    // These paths hold the widget already, so that the types of the description do not fit them.
    this.send = client.request as unknown as Send;
  }

  private async call<T>(method: string, path: string, options: Record<string, unknown> = {}): Promise<T> {
    return (await this.send(method, `${this.base}${path}`, options)).data as T;
  }

  settings = () => this.call<Settings>("get", "");
  begin = () => this.call<Session>("post", "/visitors");
  identify = (identity: Identity) => this.call<Session>("post", "/identity", { body: identity });
  end = () => this.call<void>("delete", "/visitors/me");
  newest = () => this.call<MessagePage>("get", "/messages");
  before = (cursor: string) => this.call<MessagePage>("get", "/messages", { query: { before: cursor } });
  conversation = () => this.call<Conversation>("get", "/conversation");
  read = (message: string) => this.call<void>("post", "/read", { body: { message_id: message } });
  typing = (typing: boolean) => this.call<void>("post", "/typing", { body: { typing }, retry: { attempts: 1 } });
  rate = (rating: number, comment: string) => this.call<{ rating: number }>("put", "/rating", { body: comment ? { rating, comment } : { rating } });

  write(message: NewMessage, retry: RetryOptions): Promise<{ conversation_id: string; message_id: string; created_at?: string }> {
    return this.call("post", "/messages", { body: message, retry });
  }

  /** The bytes of a file of the talk. */
  async file(id: string): Promise<Blob> {
    const response = await this.call<Response>("get", `/attachments/${id}`);
    return response.blob();
  }

  /** Sends a file; `fetch` tells nothing of its progress, so this is the older interface. */
  upload(file: File, onProgress: (share: number) => void): { done: Promise<Attachment>; cancel: () => void } {
    const request = new XMLHttpRequest();
    const done = new Promise<Attachment>((resolve, reject) => {
      request.open("POST", `${this.base}/attachments?filename=${encodeURIComponent(file.name)}`);
      request.setRequestHeader("authorization", `Bearer ${this.token() ?? ""}`);
      request.setRequestHeader("idempotency-key", uuid());
      request.setRequestHeader("content-type", file.type || "application/octet-stream");
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onerror = request.ontimeout = () => reject(new NetworkError(null));
      request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
      request.onload = () => {
        const response = new Response(request.status === 204 ? null : request.responseText, { status: request.status, headers: { "content-type": request.getResponseHeader("content-type") ?? "" } });
        if (response.ok) {
          const made = JSON.parse(request.responseText) as Attachment;
          resolve({ ...made, is_image: made.mime_type.startsWith("image/") });
        } else void ApiError.of(response).then(reject);
      };
      request.send(file);
    });
    return { done, cancel: () => request.abort() };
  }

  /** One connection of the stream. `onOpen` is called when it stands: what is read then and what comes have no gap between them. */
  async *stream(after: string, signal: AbortSignal, onOpen: () => void, onBeat: () => void): AsyncGenerator<LiveEvent & { retry?: number }> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.token() ?? ""}`, accept: "text/event-stream" };
    if (after) headers["last-event-id"] = after;
    let response: Response;
    try {
      response = await fetch(`${this.base}/stream`, { headers, signal, credentials: "omit", cache: "no-store" });
    } catch (error) {
      throw new NetworkError(error);
    }
    if (!response.ok || !response.body) throw await ApiError.of(response);
    onOpen();
    const watched = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        onBeat();
        controller.enqueue(piece);
      },
    }));
    for await (const item of parseEvents(watched, after)) {
      const event: LiveEvent & { retry?: number } = { id: item.id, event: item.hasData ? item.event : "", data: item.hasData ? parse(item.data) : null };
      if (item.retry !== undefined) event.retry = item.retry;
      yield event;
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export { ApiError, NetworkError };
