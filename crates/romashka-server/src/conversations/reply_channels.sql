-- By which channels the customer can be answered now.
select r.channel_id, r.channel_type, r.name, r.recipient, r.is_own, r.is_usual, r.is_preferred, r.can_send, r.reason, r.detail, r.window_closes_at
  from public.reply_channels($conversation::uuid, $workspace::uuid) as r
