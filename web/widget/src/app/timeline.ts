/** The talk as a list: what arrives twice is there once, in the server's order; what is not stored yet comes last. */

import type { Conversation, Message, Outgoing } from "./model.js";

/** A place of the ledger: opaque, but ordered. Numbers of different length are ordered by it, other texts letter by letter. */
export function comparePlaces(one: string, other: string): number {
  if (/^\d+$/.test(one) && /^\d+$/.test(other)) return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
  return one < other ? -1 : one > other ? 1 : 0;
}

function compare(one: Message, other: Message): number {
  const first = Date.parse(one.created_at);
  const second = Date.parse(other.created_at);
  return first - second || comparePlaces(one.seq, other.seq);
}

const RANK = { sent: 1, delivered: 2, read: 3 } as const;

/** The later of two statuses: a status never goes back. */
export function laterStatus(one: Message["status"], other: Message["status"]): Message["status"] {
  return (one ? RANK[one] : 0) >= (other ? RANK[other] : 0) ? one : other;
}

/** Puts messages into a list, in order. A newer form of one that is there takes its place. */
export function merge(list: Message[], arrived: Message[]): Message[] {
  if (arrived.length === 0) return list;
  const known = new Map(list.map((message) => [message.id, message]));
  for (const message of arrived) {
    const before = known.get(message.id);
    known.set(message.id, before ? { ...message, status: laterStatus(before.status, message.status) } : message);
  }
  return [...known.values()].sort(compare);
}

/** What is still on its way: without what the server has stored meanwhile. */
export function pending(outbox: Outgoing[], stored: Message[]): Outgoing[] {
  const ids = new Set(stored.map((message) => message.client_message_id).filter(Boolean));
  return outbox.some((outgoing) => ids.has(outgoing.id)) ? outbox.filter((outgoing) => !ids.has(outgoing.id)) : outbox;
}

/** A message that the server has stored, as it will come back. */
export function stored(outgoing: Outgoing, answer: { message_id: string; conversation_id: string; created_at?: string }): Message {
  return {
    id: answer.message_id,
    seq: "",
    conversation_id: answer.conversation_id,
    sender_type: "user",
    author: null,
    content: outgoing.content,
    content_html: null,
    created_at: answer.created_at ?? outgoing.created_at,
    client_message_id: outgoing.id,
    status: "sent",
    attachments: outgoing.files,
    quick_replies: [],
    sources: [],
  };
}

export interface Group {
  key: string;
  /** A new day begins: its date. */
  day: string | null;
  sender: Message["sender_type"];
  name: string;
  messages: Message[];
}

const GAP = 5 * 60_000;

/** Messages of one sender within five minutes belong together. */
export function groups(messages: Message[]): Group[] {
  const made: Group[] = [];
  let before: Message | undefined;
  for (const message of messages) {
    const day = new Date(message.created_at).toDateString();
    const isNewDay = !before || new Date(before.created_at).toDateString() !== day;
    const name = message.author?.name ?? "";
    const last = made[made.length - 1];
    const isOfLast = last && !isNewDay && last.sender === message.sender_type && last.name === name && before && Date.parse(message.created_at) - Date.parse(before.created_at) < GAP;
    if (isOfLast) last.messages.push(message);
    else made.push({ key: message.id, day: isNewDay ? message.created_at : null, sender: message.sender_type, name, messages: [message] });
    before = message;
  }
  return made;
}

/** Not from the visitor himself. */
export const isForeign = (message: Message): boolean => message.sender_type !== "user";

/** What the last word offers: only while nothing was said after it. */
export function openReplies(messages: Message[], outbox: Outgoing[]): Message["quick_replies"] {
  const last = messages[messages.length - 1];
  return outbox.length === 0 && last && isForeign(last) ? last.quick_replies : [];
}

/** Whether the talk is over, as far as anybody can say: what is written now begins another. */
export const isOver = (conversation: Conversation | null): boolean => !!conversation?.status && conversation.status !== "active" && conversation.status !== "escalated";
