-- Messages by their words, newest first. Of one moment there may be several: the function is asked for them again, and what was shown is left out.
select s.message_id, s.conversation_id, s.sender_type, s.content, s.created_at
  from public.search_messages($query::text, $language::text, $after_time::timestamptz + interval '1 microsecond', 200, $workspace::uuid) as s
 where true
   and (s.created_at, s.message_id) < ($after_time, $after_id) --? after
 order by s.created_at desc, s.message_id desc
 limit $row_limit
