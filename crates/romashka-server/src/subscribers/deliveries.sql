-- What was put out to a subscriber, the newest first.
select l.id, l.event_id, l.event_type, l.status, l.attempt_count, l.attempts, l.response_status, l.response_body, l.error_message, l.processing_time_ms,
       case when l.status = 'pending' then l.next_attempt_at end as next_attempt_at, l.completed_at, l.created_at
  from public.webhook_logs as l
 where l.webhook_subscription_id = $subscription::uuid and l.workspace_id = $workspace::uuid
   and l.status = any ($status::text[]) --? status
   and (l.created_at, l.id) < ($after_time::timestamptz, $after_id::uuid) --? after
 order by l.created_at desc, l.id desc limit $row_limit::bigint
