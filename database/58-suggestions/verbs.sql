-- Purpose: suggestions are collected from what was resolved, and accepted or rejected by people.
-- Invariants: each ended conversation is looked at once, because the ledger's cursor moves in the transaction that looks; a suggestion and its article are
-- one commit.
-- Who calls: the server's scheduler; members.
-- Lock risk: the cursor's row of the workspace, and the first rows of groups.

create or replace function romashka.without_courtesies(content text) returns text language plpgsql immutable set search_path = '' as $$
begin
  return btrim(regexp_replace(regexp_replace(content,
    '^\s*(hi|hello|hey|dear|good (morning|afternoon|evening|day)|hallo|guten (tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|bonjour|hola|buenos d[ií]as|ciao|привет|здравствуйте|добрый день)\M[^\n.?]{0,60}[,!.]?\s*\n+', '', 'i'),
    '\n\s*((best|kind|warm) (regards|wishes)|regards|cheers|sincerely|yours|viele gr[üu]ße|(mit )?(freundlichen|besten) gr[üu]ßen|liebe gr[üu]ße|cordialement|saludos|с уважением)\M.*$', '', 'i'), E' \t\r\n');
end $$;
comment on function romashka.without_courtesies(text) is 'An answer without the lines that greet a person and take leave.';

create or replace function public.collect_article_suggestions(workspace uuid, batch_size integer default 10000) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. Who finds the cursor locked leaves the work to whoever has it.
declare
  at constant timestamptz := pg_catalog.now();
  page record;
  pair record;
  head public.article_suggestions;
  total integer := 0;
begin
  insert into public.event_cursors (workspace_id, reader) values (workspace, 'article_suggestions') on conflict (workspace_id, reader) do nothing;
  select * into page from romashka.take_ledger_page(workspace, 'article_suggestions', batch_size);
  if page.to_transaction is null then return 0; end if;
  for pair in
    select c.id, c.language, btrim(asked.content, E' \t\r\n') as question, said.answer
      from (select distinct e.conversation_id from public.events as e
             where e.workspace_id = workspace and (e.transaction_id, e.id) > (page.after_transaction, page.after_event)
               and (e.transaction_id, e.id) <= (page.to_transaction, page.to_event) and e.kind in ('conversation.resolved', 'conversation.closed')) as ended
      join public.conversations as c on c.id = ended.conversation_id and c.workspace_id = workspace
     cross join lateral (
       select m.id, m.created_at, m.content from public.messages as m
        where m.conversation_id = c.id and m.workspace_id = workspace and m.sender_type = 'user' and m.message_type = 'text' and not m.is_quiet
          and length(m.content) between 15 and 2000 and btrim(m.content) ~ '\S\s+\S+\s+\S'
        order by m.created_at, m.id limit 1) as asked
     cross join lateral (
       select left(t.answer, 8000) as answer
         from (select romashka.without_courtesies(m.content) as answer, m.created_at, m.id from public.messages as m
                where m.conversation_id = c.id and m.workspace_id = workspace and m.sender_type = 'agent' and m.message_type = 'text' and not m.is_quiet
                  and (m.created_at, m.id) > (asked.created_at, asked.id)
                order by m.created_at, m.id limit 100) as t
        where length(t.answer) >= 40
        order by length(t.answer) desc, t.created_at, t.id limit 1) as said
     -- What displeased is no example, and neither is half of a talk.
     where c.status in ('resolved', 'closed') and c.merged_into_id is null and coalesce(c.satisfaction_score, 5) >= 4
       and not exists (select from public.article_suggestions as s where s.conversation_id = c.id and s.workspace_id = workspace)
     order by c.id
  loop
    head := null;
    select s.* into head from public.article_suggestions as s
     where s.workspace_id = workspace and s.group_id is null and s.language = pair.language
       and s.question operator(extensions.%) pair.question and extensions.similarity(s.question, pair.question) >= 0.5
     order by extensions.similarity(s.question, pair.question) desc, s.id limit 1 for update;
      insert into public.article_suggestions (workspace_id, conversation_id, group_id, question, answer, language, status, knowledge_item_id, decided_by, decided_at)
    values (workspace, pair.id, head.id, pair.question, pair.answer, pair.language, coalesce(head.status, 'pending'), head.knowledge_item_id,
            head.decided_by, head.decided_at);
    if head.id is not null then
      update public.article_suggestions as s set occurrences = s.occurrences + 1, updated_at = at where s.id = head.id and s.workspace_id = workspace;
    end if;
    total := total + 1;
  end loop;
  return total;
end $$;
comment on function public.collect_article_suggestions(uuid, integer) is
  'Reads the ledger on from where it stopped and makes of each conversation that an agent resolved a question and its answer, beside those that ask alike (similarity of trigrams from 0.5). A batch is of events. Returns how many suggestions were made.';

create or replace function romashka.lock_suggestion(suggestion uuid, workspace uuid) returns public.article_suggestions language plpgsql security definer set search_path = '' as $$
-- Definer: called by the two verbs below; who asks is checked first.
declare
  head public.article_suggestions;
begin
  perform romashka.require_role(workspace, 'agent');
  select f.* into head from public.article_suggestions as s
    join public.article_suggestions as f on f.id = coalesce(s.group_id, s.id) and f.workspace_id = s.workspace_id
   where s.id = suggestion and s.workspace_id = lock_suggestion.workspace for update of f;
  if not found then raise exception 'no such suggestion' using errcode = 'RM404'; end if;
  if head.status <> 'pending' then raise exception 'it was decided already: %', head.status using errcode = 'RM409'; end if;
  return head;
end $$;
comment on function romashka.lock_suggestion(uuid, uuid) is 'Locks the first row of a suggestion''s group. RM404 when there is none, RM409 when it was decided.';

create or replace function public.accept_article_suggestion(suggestion uuid, title text default null, content text default null, category uuid default null,
  publish boolean default false, workspace uuid default public.current_workspace_id()) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: suggestions are written by functions alone; who asks is checked by lock_suggestion.
declare
  at constant timestamptz := pg_catalog.now();
  head public.article_suggestions;
  decider constant uuid := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
  made uuid;
begin
  head := romashka.lock_suggestion(suggestion, workspace);
  if category is not null and not exists (select from public.knowledge_categories as k where k.id = category and k.workspace_id = workspace) then
    raise exception 'no such category' using errcode = 'RM404';
  end if;
  insert into public.knowledge_items (workspace_id, title, content, category_id, source_type, language, status, change_note, created_by)
  values (workspace, coalesce(accept_article_suggestion.title, left(head.question, 500)), coalesce(accept_article_suggestion.content, head.answer), category, 'manual',
          head.language, case when publish then 'active' else 'draft' end, 'suggested by conversations', decider)
  returning id into made;
  update public.article_suggestions as s set status = 'accepted', knowledge_item_id = made, decided_by = decider, decided_at = at, updated_at = at
   where (s.id = head.id or s.group_id = head.id) and s.workspace_id = workspace;
  return made;
end $$;
comment on function public.accept_article_suggestion(uuid, text, text, uuid, boolean, uuid) is
  'Makes an article of a suggestion, with a title and a text of one''s own where given, as a draft or published; returns it. The whole group is accepted.';

create or replace function public.reject_article_suggestion(suggestion uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as accept_article_suggestion.
declare
  at constant timestamptz := pg_catalog.now();
  head public.article_suggestions;
  decider constant uuid := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
begin
  head := romashka.lock_suggestion(suggestion, workspace);
  update public.article_suggestions as s set status = 'rejected', decided_by = decider, decided_at = at, updated_at = at
   where (s.id = head.id or s.group_id = head.id) and s.workspace_id = workspace;
end $$;
comment on function public.reject_article_suggestion(uuid, uuid) is 'Puts a suggestion away with its whole group; who asks alike later does not bring it back.';

create or replace function romashka.settle_suggestions() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: a conversation that is removed takes its row away, whoever removes it.
begin
  with touched as (select distinct coalesce(o.group_id, o.id) as first, o.workspace_id from old_rows as o),
  left_over as (
    select m.id, m.workspace_id, count(*) over of_group as members, first_value(m.id) over (of_group order by m.group_id nulls first, m.created_at, m.id) as head
      from touched as t join public.article_suggestions as m on m.workspace_id = t.workspace_id and (m.id = t.first or m.group_id = t.first)
    window of_group as (partition by t.first, t.workspace_id))
  update public.article_suggestions as s
     set group_id = case when l.id <> l.head then l.head end, occurrences = case when l.id = l.head then l.members else 1 end
    from left_over as l where s.id = l.id and s.workspace_id = l.workspace_id;
  return null;
end $$;
comment on function romashka.settle_suggestions() is 'Trigger: a group whose first row went goes on under the next, and counts anew.';
create or replace trigger article_suggestions_50_settle after delete on public.article_suggestions referencing old table as old_rows
  for each statement execute function romashka.settle_suggestions();

revoke execute on all functions in schema romashka from public;
do $$ begin
  revoke all on function romashka.settle_suggestions() from public, anon, authenticated, service_role;
  perform romashka.grant_function('public.collect_article_suggestions(uuid, integer)', 'service_role');
  perform romashka.grant_members('public.accept_article_suggestion(uuid, text, text, uuid, boolean, uuid)');
  perform romashka.grant_members('public.reject_article_suggestion(uuid, uuid)');
end $$;
