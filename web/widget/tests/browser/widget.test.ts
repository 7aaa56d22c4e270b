import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { agent, answer, axeSource, conversationOf, host, identitySecret, look, open, server, setUp, sibling, stranger, tearDown, visit, widgets, write, type Visit } from "./surroundings.js";

const { plain = "", form = "", away = "" } = widgets;

before(setUp);
after(tearDown);

/** What axe finds in the site's page and in the window. */
async function axe(visited: Visit): Promise<string[]> {
  const found: string[] = [];
  for (const frame of visited.page.frames()) {
    // Put in past the page's policy, which would refuse it rightly.
    await frame.addScriptTag({ path: axeSource }).catch(async () => {
      const { readFile } = await import("node:fs/promises");
      await frame.evaluate(await readFile(axeSource, "utf8"));
    });
    const results = await frame.evaluate(async () => {
      const run = (window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
      return (await run.run({ iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} (${node.failureSummary})`).join("\n")}`);
    });
    found.push(...results);
  }
  return found;
}

test("a visitor writes, an agent answers, it appears live, and a reload goes on", async () => {
  const visited = await visit(plain);
  const { page, frame, complaints, context } = visited;
  assert.deepEqual(await context.cookies(), [], "no cookie before anything is said");
  await open(visited);
  await write(visited, "Where is parcel 1?");
  const conversation = await conversationOf("Where is parcel 1?");
  // Said a second after it was seen, or when the window is closed: whichever comes first on this machine.
  const isRead = page.waitForResponse((response) => response.url().endsWith("/read"));
  await answer(conversation, "It arrives <b>tomorrow</b>. See https://example.com/track");
  const bubble = frame.locator(".group.theirs .bubble", { hasText: "tomorrow" });
  await bubble.waitFor();
  assert.match(await bubble.innerText(), /<b>tomorrow<\/b>/, "what is no markup is shown as it was written");
  assert.equal(await bubble.locator("a").getAttribute("rel"), "noopener noreferrer nofollow");

  // Closed, the button counts; reloaded, the count and the talk are there again.
  await frame.locator(".header .round").last().click();
  await isRead;
  await answer(conversation, "Anything else?");
  const badge = page.locator("#romashka-widget .badge");
  await badge.waitFor();
  assert.equal(await badge.innerText(), "1");
  assert.match((await page.locator("#romashka-widget .launcher").getAttribute("aria-label")) ?? "", /Unread: 1/);
  await page.reload();
  await badge.waitFor();
  await open(visited);
  await frame.locator(".bubble", { hasText: "Anything else?" }).waitFor();
  assert.equal(await frame.locator(".group.own .bubble").count(), 1);
  await page.waitForFunction(() => document.querySelector("#romashka-widget")?.shadowRoot?.querySelector<HTMLElement>(".badge")?.hidden);

  // What is written after the reload is in the same conversation, once.
  await write(visited, "No, thank you.");
  assert.equal(await conversationOf("No, thank you."), conversation);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("by the keyboard alone", async () => {
  const visited = await visit(plain);
  const { page, frame, context } = visited;
  await page.locator("a").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const message = frame.locator("#message");
  await message.waitFor();
  const isFocused = (selector: string) => frame.locator(selector).evaluate((element) => element === document.activeElement);
  await page.waitForTimeout(300);
  // Nobody is online in this workspace, so an address is asked for; the message is where the visitor begins.
  assert.ok(await isFocused("#message"), "the window opens with the focus in the message");
  await page.keyboard.type("First line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  assert.equal(await message.inputValue(), "First line\nsecond line");
  await page.keyboard.press("Enter");
  await frame.locator(".group.own .status").waitFor();
  assert.equal(await message.inputValue(), "");
  assert.ok(await isFocused("#message"), "the focus stays where the next message is written");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector("#romashka-widget")?.shadowRoot?.activeElement?.className === "launcher");
  assert.equal(await page.locator("#romashka-widget .launcher").getAttribute("aria-expanded"), "false");
  assert.equal(await page.locator("#romashka-widget iframe").getAttribute("tabindex"), "-1", "a closed window is not on the way of Tab");
  await context.close();
});

test("axe finds nothing, in light and dark, with a talk, a form and nobody there", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const talk = await visit(plain, { colorScheme });
    assert.deepEqual(await axe(talk), [], "closed");
    await open(talk);
    await write(talk, `Is this readable in ${colorScheme}?`);
    await answer(await conversationOf(`Is this readable in ${colorScheme}?`), "Yes, see https://example.com");
    await talk.frame.locator(".bubble a").waitFor();
    assert.deepEqual(await axe(talk), [], "a talk");
    await talk.context.close();

    const asked = await visit(form, { colorScheme });
    await open(asked);
    await asked.frame.locator(".form .primary").click();
    await asked.frame.locator(".problem").first().waitFor();
    assert.deepEqual(await axe(asked), [], "a form with mistakes");
    await asked.context.close();

    const alone = await visit(away, { colorScheme });
    await open(alone);
    await alone.frame.locator("#email").waitFor();
    assert.deepEqual(await axe(alone), [], "nobody there");
    await alone.context.close();
  }
});

test("the form before the chat is checked, and its answers reach the conversation", async () => {
  const visited = await visit(form);
  const { frame, context } = visited;
  await open(visited);
  await frame.locator(".form .primary").click();
  assert.equal(await frame.locator(".problem").count(), 3, "name, consent and message are missing");
  await frame.locator("#field-name").fill("Ann Lee");
  await frame.locator("#field-email").fill("nonsense");
  await frame.locator("#field-consent").check();
  await frame.locator("#message").fill("Do you sell tulips?");
  await frame.locator(".form .primary").click();
  await frame.locator(".problem", { hasText: "not an email" }).waitFor();
  await frame.locator("#field-email").fill("ann@example.com");
  // Whoever fills in a form within two seconds is taken for a program.
  await frame.locator("#message").page().waitForTimeout(2500);
  await frame.locator(".form .primary").click();
  await frame.locator(".group.own .status").waitFor();
  const conversation = await agent.get("/api/v1/conversations/{id}", { path: { id: await conversationOf("Do you sell tulips?") } });
  const customer = await agent.get("/api/v1/customers/{id}", { path: { id: conversation.customer_id ?? "" } });
  assert.equal(customer.name, "Ann Lee");
  await context.close();
});

test("where nobody is there, an address is asked for first", async () => {
  const visited = await visit(away);
  const { frame, context } = visited;
  await open(visited);
  assert.equal(await frame.locator(".composer").count(), 0);
  await frame.locator("#email").fill("nonsense");
  await frame.locator("#email").press("Enter");
  await frame.locator("#email-problem").waitFor();
  await frame.locator("#email").fill("bob@example.com");
  await frame.locator("#email").press("Enter");
  await write(visited, "Do you deliver to Norway?");
  await frame.locator(".system", { hasText: "bob@example.com" }).waitFor();
  await conversationOf("Do you deliver to Norway?");
  await context.close();
});

test("files go with a message, and what may not be sent is refused in words", async () => {
  const visited = await visit(plain);
  const { frame, context } = visited;
  await open(visited);
  await write(visited, "I have files.");
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  const picker = frame.locator("input[type=file]");
  await picker.setInputFiles([
    { name: "photo.png", mimeType: "image/png", buffer: png },
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Some notes.\n") },
  ]);
  await frame.locator(".draft.done").nth(1).waitFor();
  await picker.setInputFiles([{ name: "page.html", mimeType: "text/html", buffer: Buffer.from("<script>alert(1)</script>") }]);
  await frame.locator(".draft.failed").waitFor();
  await frame.locator(".draft.failed .small").click();
  await frame.locator("#message").fill("Here they are.");
  await frame.locator("#message").press("Enter");
  await frame.locator(".group.own .picture img").waitFor();
  await frame.locator(".group.own .file", { hasText: "notes.txt" }).waitFor();
  const names: string[] = [];
  const conversation = await conversationOf("Here they are.");
  for await (const file of agent.list("/api/v1/attachments", { query: { conversation_id: conversation } })) names.push(file.filename);
  assert.deepEqual(names.sort(), ["notes.txt", "photo.png"]);
  await context.close();
});

test("the talk is rated after it is over", async () => {
  const visited = await visit(plain);
  const { page, frame, context } = visited;
  await open(visited);
  await write(visited, "Thank you, that was all.");
  const conversation = await conversationOf("Thank you, that was all.");
  await answer(conversation, "You are welcome.");
  await frame.locator(".bubble", { hasText: "You are welcome." }).waitFor();
  assert.equal(await frame.locator(".rating").count(), 0, "not before the talk is over");
  await agent.post("/api/v1/conversations/{id}/resolve", { path: { id: conversation }, body: {} });
  await frame.locator(".stars").waitFor();
  await frame.locator(".stars input").first().focus();
  await page.keyboard.press("Space");
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowRight");
  assert.equal(await frame.locator(".chosen").innerText(), "Good");
  await frame.locator(".rating textarea").fill("Quick.");
  await frame.locator(".rating .primary").click();
  await frame.locator(".thanks").waitFor();
  const rated = await agent.get("/api/v1/conversations/{id}", { path: { id: conversation } });
  assert.equal(rated.satisfaction_score, 4);
  await context.close();
});

test("from right to left, in the page's language, and in another when the page says so", async () => {
  const visited = await visit(plain, {}, { language: "ar" });
  const { page, frame, context } = visited;
  await open(visited);
  const html = frame.locator("html");
  assert.deepEqual([await html.getAttribute("dir"), await html.getAttribute("lang")], ["rtl", "ar"]);
  const send = await frame.locator(".send").boundingBox();
  const attach = await frame.locator(".attach").boundingBox();
  assert.ok(send && attach && send.x < attach.x, "what is at the end is on the left");
  assert.deepEqual(await axe(visited), []);
  await page.evaluate(() => (window as unknown as { romashka(...call: string[]): void }).romashka("setLocale", "de"));
  await frame.locator("html[lang=de][dir=ltr]").waitFor();
  await frame.getByPlaceholder("Nachricht schreiben").waitFor();
  await page.waitForFunction(() => document.querySelector("#romashka-widget")?.shadowRoot?.querySelector(".launcher")?.getAttribute("aria-label") === "Chat schließen");
  await context.close();
});

test("on a narrow screen it fills it, holds the focus, and nothing is cut off", async () => {
  const visited = await visit(plain, { viewport: { width: 320, height: 568 } });
  const { page, frame, context } = visited;
  await open(visited);
  await write(visited, `A${"very".repeat(60)}longword`);
  const box = await page.locator("#romashka-widget iframe").boundingBox();
  assert.deepEqual([box?.x, box?.width], [0, 320]);
  assert.equal(await frame.locator(".window").getAttribute("aria-modal"), "true");
  const width = await frame.locator("html").evaluate((element) => Math.max(element.scrollWidth, ...Array.from(document.querySelectorAll(".log, .composer"), (one) => one.scrollWidth)));
  assert.ok(width <= 320, `nothing is wider than the screen (${width})`);
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    assert.ok(await frame.locator("body").evaluate((body) => document.hasFocus() && document.activeElement !== body), "Tab stays in the window");
  }
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), "hidden");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), "");
  await context.close();
});

test("two tabs are one talk, over one stream where the browser allows it", async () => {
  for (const place of [sibling, host]) {
    const first = await visit(plain, {}, {}, place);
    await open(first);
    await write(first, `From the first tab of ${place}.`);
    const streams: string[] = [];
    const second = await first.context.newPage();
    second.on("request", (request) => request.url().endsWith("/stream") && streams.push(request.url()));
    const other = await look(second, plain, {}, place);
    await open(other);
    await other.frame.locator(".bubble", { hasText: "From the first tab" }).waitFor();
    const text = `From the second tab of ${place}.`;
    await write(other, text);
    await first.frame.locator(".group.own .bubble", { hasText: text }).waitFor();
    const conversation = await conversationOf(text);
    await answer(conversation, "Seen in both.");
    for (const { frame } of [first, other]) await frame.locator(".bubble", { hasText: "Seen in both." }).waitFor();
    if (place === sibling) assert.deepEqual(streams, [], "the second tab hears what the first hands on");
    // The first is closed: the second goes on, or takes over.
    await first.page.close();
    await answer(conversation, "Still there.");
    await other.frame.locator(".bubble", { hasText: "Still there." }).waitFor();
    assert.equal(await other.frame.locator(".bubble", { hasText: "Seen in both." }).count(), 1);
    // What one tab forgets, the other does not know either.
    const third = await look(await first.context.newPage(), plain, {}, place);
    await open(third);
    await third.frame.locator(".bubble", { hasText: "Still there." }).waitFor();
    await third.page.evaluate(() => (window as unknown as { romashka(...values: unknown[]): void }).romashka("reset"));
    await third.frame.locator(".group.own").waitFor({ state: "detached" });
    await other.frame.locator(".group.own").first().waitFor({ state: "detached" });
    await first.context.close();
  }
});

test("what fails is kept and can be sent again, once", async () => {
  const visited = await visit(plain);
  const { page, frame, context } = visited;
  await open(visited);
  let isBroken = true;
  await page.route("**/messages", (route) => (isBroken && route.request().method() === "POST" ? route.fulfill({ status: 500, contentType: "text/plain", body: "" }) : route.fallback()));
  await frame.locator("#message").fill("Try this twice.");
  await frame.locator("#message").press("Enter");
  await frame.locator(".failure").waitFor();
  isBroken = false;
  await frame.locator(".failure .link").click();
  await frame.locator(".group.own .status").waitFor();
  assert.equal(await frame.locator(".group.own .bubble").count(), 1);
  const conversation = await conversationOf("Try this twice.");
  let said = 0;
  for await (const message of agent.list("/api/v1/conversations/{id}/messages", { path: { id: conversation } })) said += Number(message.content === "Try this twice.");
  assert.equal(said, 1);
  await context.close();
});

test("included twice, with a body that is exchanged, and taken away", async () => {
  const visited = await visit(plain, {}, { times: "2" });
  const { page, complaints, context } = visited;
  assert.equal(await page.locator("#romashka-widget").count(), 1);
  await page.evaluate(() => {
    history.pushState({}, "", "/cart");
    document.body.replaceWith(Object.assign(document.createElement("body"), { textContent: "Cart" }));
  });
  await page.locator("#romashka-widget .launcher").waitFor();
  await page.evaluate(() => document.querySelector("#romashka-widget")?.remove());
  await page.locator("#romashka-widget .launcher").waitFor();
  await open(visited);
  await page.evaluate(() => {
    const call = (window as unknown as { romashka(...values: unknown[]): void }).romashka;
    call("nonsense");
    call("identify", null);
    call("on", "open", "no function");
    call("shutdown");
    call("show");
  });
  assert.equal(await page.locator("#romashka-widget").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("without storage it works as long as the page lives", async () => {
  const visited = await visit(plain);
  await visited.context.addInitScript(() => {
    for (const area of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, area, {
        get() {
          throw new DOMException("refused", "SecurityError");
        },
      });
    }
  });
  await visited.page.reload();
  await open(visited);
  await write(visited, "Nothing is kept here.");
  await answer(await conversationOf("Nothing is kept here."), "But it arrives.");
  await visited.frame.locator(".bubble", { hasText: "But it arrives." }).waitFor();
  assert.deepEqual(visited.complaints, []);
  await visited.context.close();
});

test("calls before the script, events, and messages of strangers", async () => {
  const visited = await visit(plain);
  const { page, frame, context } = visited;
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const call = (window as unknown as { romashka(...values: unknown[]): void }).romashka;
    for (const name of ["open", "close", "sent", "unread"]) call("on", name, () => heard.push(name));
    call("on", "open", () => {
      throw new Error("a mistake of the page");
    });
    call("show");
    // The page itself is no window of the widget: what it says in the widget's name is not taken.
    window.postMessage({ romashka: 1, message: { type: "close" } }, "*");
  });
  await write(visited, "Who hears this?");
  // Another page cannot make itself the one that the window listens to.
  await frame.locator("body").evaluate(() => window.postMessage({ romashka: 1, message: { type: "reset" } }, "*"));
  await page.waitForTimeout(200);
  assert.equal(await frame.locator(".group.own .bubble").count(), 1);
  await page.evaluate(() => (window as unknown as { romashka(...values: unknown[]): void }).romashka("hide"));
  const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  assert.deepEqual(heard.filter((name, at) => heard.indexOf(name) === at), ["open", "sent", "close"]);

  // Reset: the browser forgets the visitor.
  await page.evaluate(() => (window as unknown as { romashka(...values: unknown[]): void }).romashka("reset"));
  await page.waitForTimeout(500);
  await open(visited);
  assert.equal(await frame.locator(".group.own .bubble").count(), 0);
  await context.close();
});

test("who signs in at the site keeps his talk, and who signs out leaves none", async () => {
  const visited = await visit(plain);
  const { page, frame, context } = visited;
  await open(visited);
  await write(visited, "Before I signed in.");
  const identify = (identity: object) =>
    page.evaluate(
      (who) =>
        new Promise<string>((resolve) => {
          const call = (window as unknown as { romashka(...values: unknown[]): void }).romashka;
          call("on", "identified", () => resolve("identified"));
          call("on", "error", (detail: { code: string }) => resolve(detail.code));
          call("identify", who);
        }),
      identity,
    );
  assert.match(await identify({ external_user_id: "user-42", identifier_hash: "0".repeat(64) }), /^(invalid_token|forbidden|unauthenticated)$/);
  assert.equal(await frame.locator(".group.own .bubble").count(), 1, "a wrong proof changes nothing");
  const hash = createHmac("sha256", identitySecret).update("user-42").digest("hex");
  // What was asked with the token of before is refused after the new one is there: that must not end the new session.
  const history = /\/api\/v1\/website\/[^/]+\/messages$/;
  await context.route(history, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await route.continue();
  });
  await page.reload();
  assert.equal(await identify({ external_user_id: "user-42", identifier_hash: hash, name: "Ann" }), "identified");
  await page.waitForTimeout(1500);
  await context.unroute(history);
  await open(visited);
  await frame.locator(".group.own .bubble", { hasText: "Before I signed in." }).waitFor();
  // On another device the same person goes on with the same talk.
  const elsewhere = await visit(plain);
  await elsewhere.page.evaluate((who) => (window as unknown as { romashka(...values: unknown[]): void }).romashka("identify", who), { external_user_id: "user-42", identifier_hash: hash });
  await open(elsewhere);
  await elsewhere.frame.locator(".bubble", { hasText: "Before I signed in." }).waitFor();
  await elsewhere.page.evaluate(() => (window as unknown as { romashka(...values: unknown[]): void }).romashka("reset"));
  await elsewhere.frame.locator(".group.own").waitFor({ state: "detached" });
  await elsewhere.page.reload();
  await open(elsewhere);
  await elsewhere.frame.locator(".greeting").waitFor();
  assert.equal(await elsewhere.frame.locator(".group.own").count(), 0);
  await elsewhere.context.close();
  await context.close();
});

test("a page that is not allowed shows nothing, and an unknown widget is not there", async () => {
  const visited = await visit(plain);
  const { page, context } = visited;
  await page.goto(`${stranger}/?widget=${plain}`);
  await page.waitForTimeout(1500);
  assert.ok(!(await page.locator("#romashka-widget .launcher").isVisible()), "a site that is not listed");
  await page.goto(`${host}/?widget=nonsense-token-1234`);
  await page.waitForTimeout(1500);
  assert.ok(!(await page.locator("#romashka-widget .launcher").isVisible()));
  const response = await page.request.get(`${server}/widget/${plain}`);
  assert.match(response.headers()["content-security-policy"] ?? "", /frame-ancestors [^;]*localhost/);
  await context.close();
});
