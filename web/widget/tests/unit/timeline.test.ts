import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message, Outgoing } from "../../src/app/model.js";
import { comparePlaces, groups, isOver, merge, openReplies, pending, stored } from "../../src/app/timeline.js";

const message = (id: string, at: string, more: Partial<Message> = {}): Message => ({
  id,
  seq: id,
  conversation_id: "c",
  sender_type: "agent",
  author: { name: "Nora", avatar_url: null },
  content: id,
  content_html: null,
  created_at: `2026-11-28T${at}Z`,
  client_message_id: null,
  status: null,
  attachments: [],
  quick_replies: [],
  sources: [],
  ...more,
});
const outgoing = (id: string): Outgoing => ({ id, content: id, files: [], created_at: "2026-11-28T10:00:00Z", state: "sending", reason: null });

test("what arrives twice and in another order is there once and in order", () => {
  const [a, b, c] = [message("9", "10:00:00"), message("10", "10:00:00"), message("8", "10:01:00")] as const;
  const list = merge(merge([], [c, b]), [a, b]);
  assert.deepEqual(list.map(({ id }) => id), ["9", "10", "8"]);
  assert.equal(merge(list, []), list);
  assert.ok(comparePlaces("99", "100") < 0 && comparePlaces("abc", "abd") < 0 && comparePlaces("7", "7") === 0);
});

test("a status never goes back", () => {
  const read = message("1", "10:00:00", { status: "read" });
  assert.equal(merge([read], [{ ...read, status: "sent" }])[0]?.status, "read");
  assert.equal(merge([{ ...read, status: "sent" }], [read])[0]?.status, "read");
});

test("a bubble goes when its message is stored, by whichever way that is known first", () => {
  const waiting = [outgoing("x"), outgoing("y")];
  const echo = message("1", "10:00:00", { sender_type: "user", client_message_id: "x" });
  assert.deepEqual(pending(waiting, [echo]).map(({ id }) => id), ["y"]);
  assert.equal(pending(waiting, []), waiting);
  const answered = stored(outgoing("x"), { message_id: "1", conversation_id: "c", created_at: echo.created_at });
  assert.equal(merge([answered], [echo]).length, 1);
});

test("messages of one sender within five minutes are one group, and a new day begins anew", () => {
  const made = groups([
    message("1", "10:00:00"),
    message("2", "10:04:59"),
    message("3", "10:10:00"),
    message("4", "10:10:01", { sender_type: "user", author: null }),
    message("5", "10:10:02", { sender_type: "ai", author: { name: "Romy", avatar_url: null } }),
    message("6", "10:10:03", { created_at: "2026-11-30T10:10:03Z", sender_type: "ai", author: { name: "Romy", avatar_url: null } }),
  ]);
  assert.deepEqual(made.map((group) => group.messages.map(({ id }) => id).join()), ["1,2", "3", "4", "5", "6"]);
  assert.deepEqual(made.map((group) => group.day !== null), [true, false, false, false, true]);
});

test("suggested answers are there until something is said after them", () => {
  const asked = message("1", "10:00:00", { quick_replies: [{ title: "Yes", value: "yes" }] });
  assert.equal(openReplies([asked], []).length, 1);
  assert.equal(openReplies([asked], [outgoing("x")]).length, 0);
  assert.equal(openReplies([asked, message("2", "10:00:01", { sender_type: "user" })], []).length, 0);
});

test("a talk is over when it is neither active nor escalated", () => {
  const talk = { conversation_id: "c", unread: 0, read_by_agent_at: null, agent: null, can_rate: true, rating: null, started_at: null };
  assert.deepEqual([null, "active", "escalated", "resolved", "closed"].map((status) => isOver({ ...talk, status })), [false, false, false, true, true]);
  assert.equal(isOver(null), false);
});
