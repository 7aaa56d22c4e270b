/** The client against an HTTP server that misbehaves as told; what the real server does is tried by tests/tests/web. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ApiError, NetworkError, createClient, parseEvents, uuid, type ClientOptions, type ServerSentEvent } from "../src/index.js";

type Answer = (request: IncomingMessage & { text: string }, response: ServerResponse) => void;

/** Runs `use` with a client of a server that gives these answers in turn, the last one for ever. */
async function scripted(answers: Answer[], use: (api: ReturnType<typeof createClient>, seen: (IncomingMessage & { text: string })[], url: string) => Promise<void>, options: ClientOptions = {}): Promise<void> {
  const seen: (IncomingMessage & { text: string })[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += String(part);
    const whole = Object.assign(request, { text });
    seen.push(whole);
    (answers[Math.min(seen.length, answers.length) - 1] as Answer)(whole, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await use(createClient({ baseUrl: url, key: "rmk_live_x", retry: { firstDelay: 1 }, ...options }), seen, url);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => (_, response) => {
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers }).end(JSON.stringify(body));
};
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) => json(status, { type: `/docs/problems#${code}`, title: "A title", status, code, ...more }, headers);
const hangUp: Answer = (request) => void request.socket.destroy();

test("a POST that meets a hang-up, a 503 and a 429 is repeated under one Idempotency-Key", async () => {
  await scripted([hangUp, problem(503, "unavailable"), problem(429, "too_many_requests", {}, { "retry-after": "0" }), json(201, { id: "1" })], async (api, seen) => {
    const made = await api.post("/api/v1/conversations/{id}/notes", { path: { id: "a/b" }, body: { content: "x" } });
    assert.deepEqual(made, { id: "1" });
    assert.equal(seen.length, 4);
    const keys = seen.map((request) => request.headers["idempotency-key"]);
    assert.match(String(keys[0]), /^[0-9a-f-]{36}$/);
    assert.equal(new Set(keys).size, 1);
    assert.deepEqual(new Set(seen.map((request) => request.text)), new Set(['{"content":"x"}']));
    assert.equal(seen[0]?.url, "/api/v1/conversations/a%2Fb/notes");
    assert.equal(seen[0]?.headers.authorization, "Bearer rmk_live_x");
  });
});

test("Retry-After is waited for, and one that is too far away ends the attempts", async () => {
  await scripted([problem(429, "too_many_requests", {}, { "retry-after": "1" }), json(200, { data: [] })], async (api) => {
    const begun = Date.now();
    await api.get("/api/v1/tags");
    assert.ok(Date.now() - begun >= 990, "a second was waited for");
  });
  await scripted([problem(429, "too_many_requests", {}, { "retry-after": "3600" })], async (api, seen) => {
    await assert.rejects(api.get("/api/v1/tags"), (error) => error instanceof ApiError && error.retryAfter === 3600);
    assert.equal(seen.length, 1);
  });
});

test("what the server refuses for a reason is not repeated and keeps its words", async () => {
  const refusal = problem(422, "invalid_value", { detail: "is too long", errors: [{ field: "content", detail: "is too long" }] }, { "x-request-id": "r-1" });
  await scripted([refusal], async (api, seen) => {
    await assert.rejects(api.post("/api/v1/conversations/{id}/notes", { path: { id: "1" }, body: { content: "x" } }), (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.code, error.requestId, error.concerns("content"), error.concerns("name")], [422, "invalid_value", "r-1", true, false]);
      assert.equal(error.message, "A title: is too long");
      return true;
    });
    assert.equal(seen.length, 1);
  });
  const page: Answer = (_, response) => void response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
  await scripted([page], async (api, seen) => {
    await assert.rejects(api.get("/api/v1/tags"), (error) => error instanceof ApiError && error.code === "unknown" && error.status === 502);
    assert.equal(seen.length, 1, "a 502 says nothing about whether it was done");
  });
});

test("a redirect is not followed with the key", async () => {
  const away: Answer = (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
  await scripted([away], async (api) => {
    await assert.rejects(api.get("/api/v1/tags", { retry: { attempts: 1 } }), NetworkError);
  });
});

test("an answer that does not come in time is a network error, a caller who gives up gets his reason", async () => {
  const never: Answer = () => undefined;
  await scripted([never], async (api, seen) => {
    await assert.rejects(api.get("/api/v1/tags", { timeout: 1500, retry: { attempts: 2 } }), NetworkError);
    assert.equal(seen.length, 2);
    const reason = new Error("enough");
    await assert.rejects(api.get("/api/v1/tags", { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    const later = new AbortController();
    setTimeout(() => later.abort(reason), 20);
    await assert.rejects(api.get("/api/v1/tags", { signal: later.signal }), (error) => error === reason);
  });
});

test("a session's cookie comes with its origin where it changes something, and versions and workspaces are sent", async () => {
  await scripted([json(200, { id: "1" }, { etag: '"v2"' })], async (_, seen, url) => {
    const api = createClient({ baseUrl: `${url}/`, cookie: "romashka_session=abc", workspace: "w-1" });
    const reply = await api.request("patch", "/api/v1/teams/{id}", { path: { id: "1" }, body: {}, ifMatch: '"v1"' });
    assert.equal(reply.etag, '"v2"');
    const headers = seen[0]?.headers ?? {};
    assert.deepEqual([headers["cookie"], headers["origin"], headers["romashka-workspace"], headers["if-match"], headers["idempotency-key"]], ["romashka_session=abc", url, "w-1", '"v1"', undefined]);
  });
});

test("a list is read page after page, and only as far as it is asked for", async () => {
  const pages = [json(200, { data: [{ id: "1" }, { id: "2" }], next_cursor: "c+/=" }), json(200, { data: [{ id: "3" }] })];
  await scripted(pages, async (api, seen) => {
    const ids: string[] = [];
    for await (const row of api.list("/api/v1/conversations", { query: { status: "active" } })) ids.push(row.id);
    assert.deepEqual(ids, ["1", "2", "3"]);
    assert.deepEqual(seen.map((request) => request.url), ["/api/v1/conversations?status=active", "/api/v1/conversations?status=active&cursor=c%2B%2F%3D"]);
  });
  await scripted(pages, async (api, seen) => {
    for await (const row of api.list("/api/v1/conversations")) if (row.id === "1") break;
    assert.equal(seen.length, 1);
  });
});

test("bytes are sent as they are, and bytes are answered as the response", async () => {
  const echo: Answer = (request, response) => void response.writeHead(200, { "content-type": "image/png" }).end(request.text || "bytes");
  await scripted([json(201, { id: "f" }), echo], async (api, seen) => {
    await api.post("/api/v1/attachments", { query: { filename: "a b.txt" }, body: new TextEncoder().encode("hello"), contentType: "text/plain" });
    assert.deepEqual([seen[0]?.text, seen[0]?.headers["content-type"], seen[0]?.url], ["hello", "text/plain", "/api/v1/attachments?filename=a+b.txt"]);
    const file = await api.get("/api/v1/attachments/{id}/content", { path: { id: "f" } });
    assert.equal(await file.text(), "bytes");
  });
});

test("a path without its value is refused before anything is sent", async () => {
  await scripted([json(200, {})], async (api, seen) => {
    await assert.rejects(api.get("/api/v1/teams/{id}", { path: { id: "" } }), TypeError);
    assert.equal(seen.length, 0);
  });
});

test("the stream goes on behind its last event over hang-ups, and ends with a refusal", async () => {
  const stream = (text: string): Answer => (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text);
    setTimeout(() => response.destroy(), 5);
  };
  const answers = [
    stream('retry: 1\n\nid: a\nevent: ready\ndata: {}\n\nid: b\ndata: {"kind":"message.created"}\n\n: silence\n\nid: c\n\n'),
    problem(503, "unavailable", {}, { "retry-after": "0" }),
    hangUp,
    stream('id: d\nevent: reset\ndata: {}\n\nid: e\ndata: {"kind":"mess'),
    problem(401, "invalid_token"),
  ];
  await scripted(answers, async (api, seen) => {
    const items: string[] = [];
    await assert.rejects(
      (async () => {
        for await (const item of api.events({ kinds: ["message", "conversation.assigned"] })) items.push(`${item.type} ${item.id}`);
      })(),
      (error) => error instanceof ApiError && error.status === 401,
    );
    assert.deepEqual(items, ["ready a", "event b", "reset d"]);
    assert.deepEqual(seen.map((request) => request.headers["last-event-id"]), [undefined, "c", "c", "c", "d"]);
    assert.equal(seen[0]?.url, "/api/v1/stream?kinds=message%2Cconversation.assigned");
  });
});

test("leaving the loop closes the connection", async () => {
  const open: Answer = (_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write("id: a\nevent: ready\ndata: {}\n\n");
  await scripted([open], async (api, seen) => {
    for await (const item of api.events()) {
      assert.equal(item.type, "ready");
      break;
    }
    await new Promise<void>((resolve) => (seen[0]?.socket.destroyed ? resolve() : seen[0]?.socket.once("close", () => resolve())));
  });
});

async function parsed(pieces: (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of parseEvents(body)) events.push(event);
  return events;
}

test("events are read as the standard says, however they are cut", async () => {
  const text = "id: 1\r\nevent: typing\r\ndata: приве́т\r\ndata\r\ndata:  two\r\n\r\n: note\n\nid: 2\n\ndata: x\rid: 3\r\rdata: cut off";
  const bytes = new TextEncoder().encode(text);
  const whole = await parsed([bytes]);
  assert.deepEqual(whole, [
    { id: "1", event: "typing", data: "приве́т\n\n two", hasData: true },
    { id: "2", event: "message", data: "", hasData: false },
    { id: "3", event: "message", data: "x", hasData: true },
  ]);
  assert.deepEqual(await parsed(Array.from(bytes, (byte) => new Uint8Array([byte]))), whole);
  assert.deepEqual(await parsed(["retry: 10\nretry: x\n\n", "id: a\0b\ndata: 1\n\n"]), [
    { id: "", event: "message", data: "", hasData: false, retry: 10 },
    { id: "", event: "message", data: "1", hasData: true },
  ]);
  await assert.rejects(parsed([`data: ${"x".repeat(5_000_000)}`]), /too long/);
});

test("a UUID is one with every source of chance", (context) => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const own = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
  context.after(() => Object.defineProperty(globalThis, "crypto", own));
  const { crypto } = globalThis;
  for (const source of [crypto, { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) }, undefined]) {
    Object.defineProperty(globalThis, "crypto", { value: source, configurable: true });
    const made = Array.from({ length: 100 }, uuid);
    for (const one of made) assert.match(one, form);
    assert.equal(new Set(made).size, 100);
  }
});
