-- What the admins of a workspace are to be told of a subscription: once, by whoever takes it.
with due as materialized (
  select s.id, s.workspace_id, s.notice_due from public.webhook_subscriptions as s
   where s.id = $subscription::uuid and s.workspace_id = $workspace::uuid and s.notice_due is not null for update)
update public.webhook_subscriptions as s set notice_due = null
  from due join public.workspaces as w on w.id = due.workspace_id
 where s.id = due.id and s.workspace_id = due.workspace_id
returning due.notice_due as notice, w.name as workspace_name, s.webhook_url, s.failing_since, s.disabled_reason
