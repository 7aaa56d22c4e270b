-- Alerts of a channel, the newest first, by keyset.
select a.id, a.kind, a.subject, a.severity, a.message, a.details, a.raised_at, a.resolved_at
  from public.channel_alerts as a
 where a.channel_id = $channel and a.workspace_id = $workspace
   and a.resolved_at is null --? open
   and (a.raised_at, a.id) < ($after_time, $after_id) --? after
 order by a.raised_at desc, a.id desc
 limit $row_limit
