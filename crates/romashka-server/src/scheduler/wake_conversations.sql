-- Conversations that were put aside until now.
select public.wake_conversations(500)::bigint
