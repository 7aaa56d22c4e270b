-- Answers that were to be sent later and are due.
select public.send_due_messages(200)::bigint
