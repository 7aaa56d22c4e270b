-- Conversations that nobody goes on with.
select public.close_inactive_conversations(500)::bigint
