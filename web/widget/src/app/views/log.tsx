import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Configuration, Message, Outgoing } from "../model.js";
import { plain, rich, safeAddress } from "../rich.js";
import { day, fill, time } from "../texts/index.js";
import { groups, isOver, openReplies, type Group } from "../timeline.js";
import { AttachmentView } from "./attachment.js";
import { Avatar } from "./avatar.js";
import { useChat } from "./context.js";
import { Icon } from "./icons.js";
import { Rating } from "./rating.js";

const NEAR = 60;

/** The talk. New messages are announced; what was there before is not. */
export function Log({ children }: { children?: ComponentChildren }) {
  const { chat, state, words } = useChat();
  const box = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  const isAtEnd = useRef(true);
  const [isBehind, setBehind] = useState(false);
  const [isLive, setLive] = useState(false);
  const firstId = state.messages[0]?.id;
  const known = useRef(firstId);

  const toEnd = () => {
    const element = box.current;
    const { messages, outbox } = chat.state;
    // Before the first word there is a greeting and perhaps a form: they are read from their top.
    if (element && messages.length + outbox.length > 0) element.scrollTop = element.scrollHeight;
  };

  // What is read back is put in above: the view stays where it was.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const isReadBack = known.current !== undefined && firstId !== known.current && state.messages.some((message) => message.id === known.current);
    if (isReadBack) element.scrollTop += element.scrollHeight - height.current;
    else if (isAtEnd.current) toEnd();
    else setBehind(true);
    known.current = firstId;
    height.current = element.scrollHeight;
  }, [state.messages, state.outbox, state.conversation?.status]);

  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
  }, [state.typing, state.isOpen]);

  // Pictures and a keyboard on the screen change the height later.
  useEffect(() => {
    const element = box.current;
    if (!element || !("ResizeObserver" in window)) return;
    const observer = new ResizeObserver(() => isAtEnd.current && toEnd());
    observer.observe(element);
    for (const child of Array.from(element.children)) observer.observe(child);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (!state.isLoaded) return;
    const timer = setTimeout(() => setLive(true), 300);
    return () => clearTimeout(timer);
  }, [state.isLoaded]);

  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    chat.setAtEnd(isAtEnd.current);
    if (isAtEnd.current) setBehind(false);
  };

  const configuration: Configuration = state.settings?.configuration ?? {};
  const isAway = state.settings ? !(state.settings.availability.open && state.settings.availability.agents_online) : false;
  const greeting = isAway ? configuration.offline_message || words.offline_message : configuration.greeting || words.greeting;
  const offered = isOver(state.conversation) ? [] : openReplies(state.messages, state.outbox);
  const first = state.messages.length === 0 && state.outbox.length === 0 && state.isLoaded ? (configuration.quick_replies ?? []).map((reply) => (typeof reply === "string" ? { title: reply, value: reply } : reply)) : [];
  const replies = offered.length ? offered : state.settings?.form.length && !state.isFormDone ? [] : first;
  const lastOwn = [...state.messages].reverse().find((message) => message.sender_type === "user");

  return (
    <div class="log-box">
      <div class="log" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={words.conversation} aria-live={isLive ? "polite" : "off"} aria-relevant="additions" aria-busy={!state.isLoaded}>
        <div class="log-inner">
          {state.previous && (
            <button type="button" class="pill earlier" disabled={state.isReadingBack} onClick={() => void chat.readBack()}>
              {words.earlier}
            </button>
          )}
          {!state.previous && (
            <div class="group theirs greeting">
              <Avatar name={state.settings?.name ?? ""} url={null} />
              <div class="bubbles">
                <div class="bubble">{plain(greeting)}</div>
              </div>
            </div>
          )}
          {!state.isLoaded && <div class="skeleton" aria-hidden="true"><span /><span /><span /></div>}
          {groups(state.messages).map((group) => (
            <GroupView key={group.key} group={group} lastOwn={lastOwn?.id} />
          ))}
          {state.outbox.map((outgoing) => (
            <OutgoingView key={outgoing.id} outgoing={outgoing} />
          ))}
          {children}
          {replies.length > 0 && (
            <div class="replies" role="group" aria-label={words.replies}>
              {replies.map((reply) => (
                <button type="button" class="reply" key={reply.value} onClick={() => chat.send(reply.value || reply.title)}>
                  {reply.title}
                </button>
              ))}
            </div>
          )}
          <Rating />
          {state.typing && (
            <div class="group theirs typing" aria-hidden="true">
              <Avatar name={state.typing.name || words.agent} url={state.typing.avatar_url} />
              <div class="bubble dots"><i /><i /><i /></div>
            </div>
          )}
        </div>
      </div>
      {isBehind && (
        <button type="button" class="pill behind" onClick={() => { toEnd(); setBehind(false); }}>
          <Icon name="down" /> {words.new_messages}
        </button>
      )}
      <p class="hidden" role="status">{state.typing ? fill(words.is_typing, { name: state.typing.name || words.agent }) : ""}</p>
    </div>
  );
}

function GroupView({ group, lastOwn }: { group: Group; lastOwn: string | undefined }) {
  const { state, words } = useChat();
  const isOwn = group.sender === "user";
  const first = group.messages[0];
  const last = group.messages[group.messages.length - 1];
  if (!first || !last) return null;
  const name = isOwn ? words.you : group.name || (group.sender === "ai" ? words.assistant : words.agent);
  return (
    <>
      {group.day && <p class="day"><span>{day(group.day, state.locale)}</span></p>}
      {group.sender === "system" ? (
        group.messages.map((message) => <p class="system" key={message.id}>{plain(message.content)}</p>)
      ) : (
        <div class={isOwn ? "group own" : "group theirs"}>
          {!isOwn && <Avatar name={name} url={first.author?.avatar_url} isMachine={group.sender === "ai"} />}
          <div class="bubbles">
            {group.messages.map((message) => <Bubble key={message.id} message={message} name={name} />)}
            <p class="meta">
              {!isOwn && <span class="name">{name}</span>}
              <time dateTime={last.created_at}>{time(last.created_at, state.locale)}</time>
              {last.id === lastOwn && last.status && <Status status={last.status} />}
            </p>
          </div>
        </div>
      )}
    </>
  );
}

function Status({ status }: { status: NonNullable<Message["status"]> }) {
  const { words } = useChat();
  return (
    <span class={`status ${status}`}>
      <Icon name={status === "sent" ? "check" : "checks"} /> {words[status]}
    </span>
  );
}

function Bubble({ message, name }: { message: Message; name: string }) {
  const { words } = useChat();
  const body = message.content_html ? rich(message.content_html) : plain(message.content);
  return (
    <div class="message">
      <span class="hidden">{name}: </span>
      {message.content && <div class={message.content_html ? "bubble rich" : "bubble"} dir="auto">{body}</div>}
      {message.attachments.map((file) => <AttachmentView key={file.id} file={file} />)}
      {message.sources.length > 0 && (
        <div class="sources">
          <span class="sources-title"><Icon name="link" /> {words.sources}</span>
          <ol>
            {message.sources.map((source, at) => {
              const href = source.url ? safeAddress(source.url) : null;
              return (
                <li key={at}>
                  {href ? (
                    <a href={href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
                      {source.title}
                      <span class="hidden"> ({words.opens_tab})</span>
                    </a>
                  ) : (
                    <span dir="auto">{source.title}</span>
                  )}
                </li>
              );
            })}
          </ol>
        </div>
      )}
    </div>
  );
}

function OutgoingView({ outgoing }: { outgoing: Outgoing }) {
  const { chat, words } = useChat();
  const isFailed = outgoing.state === "failed";
  return (
    <div class={`group own ${outgoing.state}`}>
      <div class="bubbles">
        <div class="message">
          <span class="hidden">{words.you}: </span>
          {outgoing.content && <div class="bubble" dir="auto">{plain(outgoing.content)}</div>}
          {outgoing.files.map((file) => <AttachmentView key={file.id} file={file} />)}
        </div>
        {isFailed ? (
          <p class="meta failure" role="alert">
            <span><Icon name="alert" /> {words.not_sent}{outgoing.reason ? `: ${outgoing.reason}` : ""}</span>
            <button type="button" class="link" onClick={() => chat.retry(outgoing.id)}>{words.retry}</button>
          </p>
        ) : (
          <p class="meta">{outgoing.state === "sending" ? words.sending : words.not_sent}</p>
        )}
      </div>
    </div>
  );
}
