-- Keeps that something is wrong with a channel; who is to be told.
select a.email, a.channel_name, a.workspace_name
  from romashka.raise_channel_alert($channel::uuid, $kind::text, $subject::text, $severity::text, $message::text, $details::jsonb, $at::timestamptz, $workspace::uuid) as a
