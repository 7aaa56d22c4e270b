/** Requests: credentials, repeating, problems. */

import { ApiError, NetworkError } from "./errors.js";
import type { Body, ListPath, Method, Operation, Parameters, PathOf, Raw, Result, Row } from "./operations.js";
import { uuid } from "./uuid.js";
import { withRetries, type RetryOptions } from "./retry.js";
import { follow, type FollowOptions, type StreamItem } from "./stream.js";

/** How a client reaches the server and who it is. */
export interface ClientOptions {
  /** The server, as `https://support.example.com`. In a page of the server itself: leave it out. */
  baseUrl?: string;
  /** An API key (`rmk_live_…`), or a token of a Supabase user. A function is asked before each request, so that a token can be renewed. */
  key?: string | (() => string | Promise<string>);
  /**
   * A session's cookie, for programs that sign in like a person: `romashka_session=…`. A browser sends its own; there nothing is
   * to be given here. The server lets a cookie change something only when the request comes from its own pages, so the client
   * says `Origin` for a program, and a browser says it by itself.
   */
  cookie?: string;
  /** The workspace that is meant, where the caller is a member of several. */
  workspace?: string;
  /** Milliseconds an attempt may take. Default 30,000; streams and raw answers are not limited after their head came. */
  timeout?: number;
  retry?: RetryOptions;
  /** The `fetch` to use. */
  fetch?: typeof fetch;
}

/** What every request may be given. */
export interface RequestOptions {
  /** Under this key a POST is done once, however often it is sent. The client makes one for each POST by itself. */
  idempotencyKey?: string;
  /** The version (`ETag`) that a change is meant for. */
  ifMatch?: string;
  /** Another workspace than the client's. */
  workspace?: string;
  /** The type of a body that is bytes. */
  contentType?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  timeout?: number;
  retry?: RetryOptions;
}

/** An answer with its head. */
export interface Reply<T> {
  data: T;
  /** The version of what was read, for `ifMatch`. */
  etag: string | null;
  response: Response;
}

interface Loose extends RequestOptions {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

type Options<P extends keyof import("./schema.js").paths, M extends Method> = Parameters<Operation<P, M>> & Body<Operation<P, M>> & RequestOptions;
// The options may be left out where nothing of them is required.
type Given<O> = Record<never, never> extends O ? [options?: O] : [options: O];

/** A client of one server. */
export interface Client {
  get<P extends PathOf<"get">>(path: P, ...options: Given<Options<P, "get">>): Promise<Result<Operation<P, "get">>>;
  post<P extends PathOf<"post">>(path: P, ...options: Given<Options<P, "post">>): Promise<Result<Operation<P, "post">>>;
  put<P extends PathOf<"put">>(path: P, ...options: Given<Options<P, "put">>): Promise<Result<Operation<P, "put">>>;
  patch<P extends PathOf<"patch">>(path: P, ...options: Given<Options<P, "patch">>): Promise<Result<Operation<P, "patch">>>;
  delete<P extends PathOf<"delete">>(path: P, ...options: Given<Options<P, "delete">>): Promise<Result<Operation<P, "delete">>>;
  /** The same as the five above, with the answer's head: the version (`etag`) and the response. */
  request<M extends Method, P extends PathOf<M>>(method: M, path: P, ...options: Given<Options<P, M>>): Promise<Reply<Result<Operation<P, M>>>>;
  /** Every row of a list, page after page, as they are asked for. */
  list<P extends ListPath>(path: P, ...options: Given<Options<P, "get">>): AsyncGenerator<Row<Operation<P, "get">>, void, undefined>;
  /** The pages of a list. */
  pages<P extends ListPath>(path: P, ...options: Given<Options<P, "get">>): AsyncGenerator<Result<Operation<P, "get">>, void, undefined>;
  /** What happens in the workspace from now on, without a gap over any number of reconnects. Ends by its signal or with a refusal. */
  events(options?: FollowOptions): AsyncGenerator<StreamItem, void, undefined>;
}

/** A client that sends its requests to one server, as one caller. */
export function createClient(options: ClientOptions = {}): Client {
  const send = (method: Method, path: string, given: Loose = {}) => request(options, method, path, given);
  const data = async (method: Method, path: string, given?: Loose) => (await send(method, path, given)).data;
  async function* pages(path: string, given: Loose = {}): AsyncGenerator<{ data: unknown[]; next_cursor?: string | null }> {
    let cursor = given.query?.["cursor"];
    do {
      const page = (await data("get", path, { ...given, query: { ...given.query, cursor } })) as { data: unknown[]; next_cursor?: string | null };
      yield page;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }
  const client = {
    get: (path: string, given?: Loose) => data("get", path, given),
    post: (path: string, given?: Loose) => data("post", path, given),
    put: (path: string, given?: Loose) => data("put", path, given),
    patch: (path: string, given?: Loose) => data("patch", path, given),
    delete: (path: string, given?: Loose) => data("delete", path, given),
    request: send,
    pages,
    async *list(path: string, given?: Loose) {
      for await (const page of pages(path, given)) yield* page.data;
    },
    events: (given: FollowOptions = {}) => follow((query, headers, signal) => openStream(options, query, headers, given.workspace, signal), given),
  };
  return client as unknown as Client;
}

async function openStream(options: ClientOptions, query: Record<string, unknown>, headers: Record<string, string>, workspace: string | undefined, signal: AbortSignal): Promise<Response> {
  const head = await heads(options, "get", { headers, ...(workspace === undefined ? {} : { workspace }) });
  const response = await attempt(options, address(options, "/api/v1/stream", undefined, query), { headers: { ...head, accept: "text/event-stream" }, signal }, signal);
  if (!response.ok) throw await ApiError.of(response);
  return response;
}

async function request(options: ClientOptions, method: Method, path: string, given: Loose): Promise<Reply<unknown>> {
  const url = address(options, path, given.path, given.query);
  const { body, contentType } = encode(given);
  // Made before the first attempt: every further attempt is the same request to the server.
  const key = method === "post" ? (given.idempotencyKey ?? uuid()) : undefined;
  return withRetries({ ...options.retry, ...given.retry }, given.signal, async () => {
    const headers = await heads(options, method, given);
    if (contentType !== undefined) headers["content-type"] = contentType;
    if (key !== undefined) headers["idempotency-key"] = key;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException("the request took too long", "TimeoutError")), given.timeout ?? options.timeout ?? 30_000);
    const stop = () => limit.abort(given.signal?.reason);
    if (given.signal?.aborted) stop();
    given.signal?.addEventListener("abort", stop, { once: true });
    try {
      const init: RequestInit = { method: method.toUpperCase(), headers, signal: limit.signal };
      if (body !== undefined) init.body = body as BodyInit;
      const response = await attempt(options, url, init, given.signal);
      if (!response.ok) throw await ApiError.of(response);
      return { data: await read(response), etag: response.headers.get("etag"), response };
    } finally {
      clearTimeout(timer);
      given.signal?.removeEventListener("abort", stop);
    }
  });
}

async function attempt(options: ClientOptions, url: string, init: RequestInit, callers: AbortSignal | undefined): Promise<Response> {
  try {
    return await (options.fetch ?? fetch)(url, { ...init, credentials: options.key === undefined ? "same-origin" : "omit", redirect: "error" });
  } catch (error) {
    // A caller who gives up gets his own reason; a timeout is a network error, and worth another attempt.
    if (callers?.aborted) throw callers.reason;
    throw new NetworkError(error);
  }
}

async function heads(options: ClientOptions, method: Method, given: RequestOptions): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: "application/json, application/problem+json, */*;q=0.1", ...given.headers };
  const key = typeof options.key === "function" ? await options.key() : options.key;
  if (key) headers["authorization"] = `Bearer ${key}`;
  if (options.cookie !== undefined) {
    headers["cookie"] = options.cookie;
    if (method !== "get" && options.baseUrl) headers["origin"] = new URL(options.baseUrl).origin;
  }
  const workspace = given.workspace ?? options.workspace;
  if (workspace !== undefined) headers["romashka-workspace"] = workspace;
  if (given.ifMatch !== undefined) headers["if-match"] = given.ifMatch;
  return headers;
}

function address(options: ClientOptions, path: string, values: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const value = values[name];
    // An empty segment would make it another operation's path.
    if (value === undefined || value === null || value === "") throw new TypeError(`the path ${path} needs a value for ${name}`);
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    search.append(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  const asked = search.toString();
  return `${(options.baseUrl ?? "").replace(/\/+$/, "")}${filled}${asked ? `?${asked}` : ""}`;
}

function encode(given: Loose): { body?: Raw | string; contentType?: string } {
  const { body, contentType } = given;
  if (body === undefined) return {};
  const isRaw = body instanceof ArrayBuffer || ArrayBuffer.isView(body) || body instanceof Blob || (typeof body === "string" && contentType !== undefined);
  if (!isRaw) return { body: JSON.stringify(body), contentType: "application/json" };
  const type = contentType ?? (body instanceof Blob && body.type ? body.type : "application/octet-stream");
  return { body: body as Raw, contentType: type };
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204 || response.status === 205) return undefined;
  const type = response.headers.get("content-type") ?? "";
  if (/^application\/(.+\+)?json\b/i.test(type)) {
    try {
      return await response.json();
    } catch (error) {
      throw new NetworkError(error); // cut off in the middle
    }
  }
  // An answer without a type and without bytes is none.
  if (type === "" && response.headers.get("content-length") === "0") return undefined;
  return response;
}
