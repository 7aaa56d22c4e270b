-- Messages that hold a fragment, newest first; as for words.
select s.message_id, s.conversation_id, s.sender_type, s.content, s.created_at
  from public.find_in_messages($query::text, $after_time::timestamptz + interval '1 microsecond', 200, $workspace::uuid) as s
 where true
   and (s.created_at, s.message_id) < ($after_time, $after_id) --? after
 order by s.created_at desc, s.message_id desc
 limit $row_limit
