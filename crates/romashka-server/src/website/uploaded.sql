-- How many bytes a visitor added within a day.
select coalesce(sum(f.file_size), 0)::bigint
  from public.file_attachments as f
 where f.visitor_session_id = $session and f.workspace_id = $workspace and f.created_at > now() - interval '1 day'
