-- Purpose: what follows from the rows that were taken over, once functions and triggers are there: numbers, tokens, the ledger, roll-ups. See docs/adopt.md.
-- Invariants: afterwards every counter equals a recount, and nothing of the older schema is left.
-- Lock risk: none beyond opening.sql.

do $$
declare
  here constant uuid := romashka.default_workspace_id();
  covered timestamptz;
  day date;
begin
  if to_regnamespace('romashka_legacy') is null then return; end if;
  execute format('create sequence if not exists romashka_numbers.%I as bigint', 'conversation_' || replace(here::text, '-', ''));
  perform setval(format('romashka_numbers.%I', 'conversation_' || replace(here::text, '-', ''))::regclass, max(c.number)) from public.conversations as c where c.workspace_id = here
    having max(c.number) > 0;
  insert into romashka.widget_tokens (token, workspace_id, widget_id)
  select translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_'), w.workspace_id, w.id from public.widget_configurations as w
   where not exists (select from romashka.widget_tokens as t where t.widget_id = w.id and t.workspace_id = w.workspace_id);

  -- The ledger covers the months it has partitions for: rows of these have their events. Readers begin after them.
  select min(to_date(right(p.relname, 7), 'YYYY_MM')) into covered from pg_inherits as i join pg_class as p on p.oid = i.inhrelid
   where i.inhparent = 'public.events'::regclass and p.relname ~ '_[0-9]{4}_[0-9]{2}$';
  insert into public.events (workspace_id, kind, actor_kind, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload)
  select c.workspace_id, 'conversation.created', 'system', 'conversation', c.id, c.id, c.created_at, 'source',
         jsonb_build_object('number', c.number, 'channel_type', c.channel_type, 'customer_id', c.customer_id, 'status', c.status, 'assigned_agent_id', c.assigned_agent_id, 'adopted', true)
    from public.conversations as c where c.created_at >= covered order by c.created_at, c.id;
  insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload)
  select m.workspace_id, 'message.created', case m.sender_type when 'user' then 'customer' when 'ai' then 'ai' else 'agent' end, m.sender_id, 'message', m.id, m.conversation_id,
         m.created_at, 'source', '{"adopted": true}'
    from public.messages as m where m.created_at >= covered order by m.created_at, m.id;

  -- Roll-ups of before were made by other rules: those that differ are kept among the findings and made anew.
  create table romashka_legacy.days as select m.id, m.date, to_jsonb(m) as image from public.daily_metrics as m where m.workspace_id = here;
  for day in select distinct d.date from romashka_legacy.days as d order by d.date loop
    perform romashka.write_day(here, day);
  end loop;
  insert into public.adoption_findings (workspace_id, source_table, source_id, action, reason, source_row)
  select here, 'daily_metrics', d.id::text, 'replaced', 'the roll-up was made anew from the conversations of the day', d.image
    from romashka_legacy.days as d left join public.daily_metrics as m on m.id = d.id and m.workspace_id = here
   where m.id is null or to_jsonb(m) - 'updated_at' <> d.image - 'updated_at';
  perform count(*) from public.recount(here, true);
  drop table romashka_legacy.days, romashka_legacy.contract, romashka_legacy.owned;
  drop schema romashka_legacy;
end $$;
