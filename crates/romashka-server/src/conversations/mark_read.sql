-- Read so far by the one who asks.
select public.mark_read($id::uuid, $message::uuid)
