-- Takes messages of a channel's kind that are due.
select d.id, d.workspace_id, d.lease_id, d.channel_type, d.attempt_count, d.parts_sent, d.attempted_at, d.error_details
  from public.claim_deliveries($most::integer, $worker::text, channel => $channel_type::text) as d
