/**
 * A real browser, a page of a site with a strict policy on an origin of its own, and an agent who answers by the API.
 *
 * The server, the widgets and the key come from tests/tests/web, which starts the real program.
 */
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { createClient } from "@romashka/client";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type FrameLocator, type Page } from "playwright-core";

const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing: these tests are started by tests/tests/web`);
  return value;
};

export const server = need("ROMASHKA_URL");
/** Widgets by what they are for: `plain`, `form`, `away`. */
export const widgets = JSON.parse(need("ROMASHKA_WIDGETS")) as Record<string, string>;
/** With it the site's server proves who its visitor is at the widget `plain`. */
export const identitySecret = need("ROMASHKA_IDENTITY_SECRET");
const hostPort = Number(need("ROMASHKA_HOST_PORT"));
/** The site, of another registrable name than the server: some browsers refuse storage to what is embedded from there. */
export const host = `http://localhost:${hostPort}`;
/** The same site with the server's own name: what is embedded has its storage. */
export const sibling = `http://127.0.0.1:${hostPort}`;
/** A site that the owner of the widgets has not listed. */
export const stranger = `http://stranger.localhost:${hostPort}`;
export const agent = createClient({ baseUrl: server, key: need("ROMASHKA_KEY") });
export const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What the site's page allows: its own style, the widget's script and frame, nothing else. */
const policy = `default-src 'none'; script-src ${server}; frame-src ${server}; style-src 'self'; base-uri 'none'`;

function page(address: URL): string {
  const attributes = ["widget", "language"].map((name) => (address.searchParams.has(name) ? ` data-${name}="${address.searchParams.get(name)}"` : "")).join("");
  const scripts = `<script async src="${server}/widget.js"${attributes}></script>`.repeat(Number(address.searchParams.get("times") ?? 1));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Shop</title>${scripts}</head>
<body><main><h1>Shop</h1><p>Seeds and bulbs.</p><a href="/other">Another page</a></main></body></html>`;
}

let site: Server | undefined;
let browser: Browser | undefined;

export async function setUp(): Promise<void> {
  site = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
    response.end(page(new URL(request.url ?? "/", host)));
  });
  await new Promise<void>((resolve) => site?.listen(hostPort, resolve));
  browser = await chromium.launch({
    executablePath: need("ROMASHKA_CHROMIUM"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export async function tearDown(): Promise<void> {
  await browser?.close();
  site?.closeAllConnections();
  site?.close();
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  frame: FrameLocator;
  /** What went wrong in the page: errors, and what its policy refused. */
  complaints: string[];
}

/** Opens the site's page; the button is there when this returns. */
export async function look(page: Page, widget: string, more: Record<string, string> = {}, place = host): Promise<Omit<Visit, "context">> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is an answer of the server, which a test may want.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  await page.addInitScript("addEventListener('securitypolicyviolation', (event) => console.error('refused by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))");
  await page.goto(`${place}/?${new URLSearchParams({ widget, ...more })}`);
  await page.locator("#romashka-widget .launcher").waitFor();
  return { page, frame: page.frameLocator("#romashka-widget iframe"), complaints };
}

/** A visitor of his own: nothing is kept from another. */
export async function visit(widget: string, options: BrowserContextOptions = {}, more: Record<string, string> = {}, place = host): Promise<Visit> {
  if (!browser) throw new Error("setUp was not called");
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, locale: "en", ...options });
  // Far longer than anything takes: a machine that is busy with other tests is no mistake of the widget.
  context.setDefaultTimeout(60_000);
  return { context, ...(await look(await context.newPage(), widget, more, place)) };
}

export async function open({ page, frame }: Pick<Visit, "page" | "frame">): Promise<void> {
  await page.locator("#romashka-widget .launcher").click();
  await frame.locator(".header").waitFor();
}

/** Writes a message and waits until it is stored. */
export async function write({ frame }: Pick<Visit, "frame">, text: string): Promise<void> {
  await frame.locator("#message").fill(text);
  await frame.locator("#message").press("Enter");
  await frame.locator(".group.own .status").last().waitFor();
}

/** The conversation in which this was said. */
export async function conversationOf(text: string): Promise<string> {
  for await (const conversation of agent.list("/api/v1/conversations", { query: { channel_type: "website" } })) {
    for await (const message of agent.list("/api/v1/conversations/{id}/messages", { path: { id: conversation.id } })) {
      if (message.content === text) return conversation.id;
    }
  }
  throw new Error(`nobody said ${text}`);
}

export const answer = (conversation: string, content: string) => agent.post("/api/v1/conversations/{id}/messages", { path: { id: conversation }, body: { content } });
