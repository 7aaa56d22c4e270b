// Answers the customer who waits longest, and sees his own answer arrive on the live stream.
//
//   ROMASHKA_URL=https://support.example.com ROMASHKA_KEY=rmk_live_… node answer.mjs "We are on it."
//
// The key needs the scopes conversations:read, conversations:write and stream:read.
import { ApiError, createClient } from "@romashka/client";

const { ROMASHKA_URL: baseUrl = "http://127.0.0.1:3000", ROMASHKA_KEY: key } = process.env;
const [text] = process.argv.slice(2);
if (!key || !text) {
  console.error('usage: ROMASHKA_KEY=rmk_live_… node answer.mjs "the answer"');
  process.exit(2);
}
const api = createClient({ baseUrl, key });

try {
  const waiting = await first(api.list("/api/v1/conversations", { query: { status: "active", sort: "waiting_since" } }));
  if (!waiting) {
    console.log("nobody waits");
    process.exit(0);
  }
  // The stream first: what is sent after "ready" cannot be missed.
  let answer;
  for await (const item of api.events({ conversation: waiting.id, kinds: ["message.created"], signal: AbortSignal.timeout(30_000) })) {
    if (item.type === "ready") {
      answer = await api.post("/api/v1/conversations/{id}/messages", { path: { id: waiting.id }, body: { content: text } });
      console.log(`sent ${answer.id}`);
    } else if (item.type === "event" && item.event.subject_id === answer?.id) {
      // What the customer wrote a moment before may come first.
      console.log(`seen ${item.event.subject_id}`);
      process.exit(0);
    }
  }
  console.error("the answer was not seen within 30 seconds");
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.error(`${error.code}: ${error.message} (request ${error.requestId})`);
}
process.exit(1);

async function first(rows) {
  for await (const row of rows) return row;
}
