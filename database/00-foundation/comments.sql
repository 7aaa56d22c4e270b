-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.event_cursors.id is 'The row''s identity, time-ordered.';
comment on column public.event_cursors.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.event_cursors.reader is 'The reader''s name.';
comment on column public.event_cursors.transaction_id is 'The transaction of the last event it has handled.';
comment on column public.event_cursors.event_id is 'The last event it has handled.';
comment on column public.event_cursors.locked_until is 'Until when one of several copies of the reader has the turn.';
comment on column public.event_cursors.locked_by is 'The copy that has the turn.';
comment on column public.event_cursors.created_at is 'When the row was made.';
comment on column public.event_cursors.updated_at is 'When the row was last changed.';
comment on column public.events.id is 'Number in the order of writing.';
comment on column public.events.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.events.transaction_id is 'The transaction that wrote it: readers take only what is older than every running one.';
comment on column public.events.kind is 'What happened: subject.verb, as conversation.resolved.';
comment on column public.events.actor_kind is 'Who did it: customer, agent, ai, workflow, system or api.';
comment on column public.events.actor_id is 'Who exactly; null when nobody is known.';
comment on column public.events.subject_type is 'The table of what it happened to, in the singular.';
comment on column public.events.subject_id is 'The row it happened to.';
comment on column public.events.conversation_id is 'The conversation it is part of; null when of none.';
comment on column public.events.occurred_at is 'When it happened.';
comment on column public.events.time_basis is 'recorded: occurred_at is the moment of writing; source: it was told by the source, as a mail''s date.';
comment on column public.events.recorded_at is 'When it was written. The table is partitioned by it.';
comment on column public.events.payload is 'What readers need to know of it.';
comment on column romashka.sql_logins.login is 'The login role.';
comment on column romashka.sql_logins.user_id is 'The person it stands for.';
comment on column romashka.sql_logins.workspace_id is 'The workspace it works in.';
comment on column romashka.sql_logins.created_at is 'When the row was made.';
comment on column romashka.ledger_origin.only_row is 'Always true: there is one row at most.';
comment on column romashka.ledger_origin.transaction_offset is 'What is added to a number.';
comment on column romashka.ledger_origin.moved_at is 'When the ledger came to this server.';
