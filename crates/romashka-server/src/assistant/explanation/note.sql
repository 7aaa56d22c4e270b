-- What the one who took over was told: the note is written by the commit that also records the answer.
select n.note from public.conversation_notes as n
 where n.conversation_id = $conversation and n.workspace_id = $workspace and n.note_type = 'escalation' and n.agent_id is null
   and n.created_at between $at::timestamptz - interval '1 minute' and $at::timestamptz
 order by n.created_at desc, n.id desc
 limit 1
