-- Takes mailboxes that no process reads.
select b.workspace_id, b.channel_id, b.configuration, b.api_credentials, b.uid_validity, b.last_uid, b.lease_id, b.created_at, b.read_at
  from romashka.claim_mailboxes(20, $worker::text, make_interval(secs => $lease::float8)) as b
