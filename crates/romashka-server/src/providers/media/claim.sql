-- Takes files that are due to be fetched.
select f.id, f.workspace_id, f.channel_id, f.source, f.attempt_count, f.lease_id, f.channel_type, f.configuration, f.api_credentials
  from romashka.claim_media($most::integer, $worker::text) as f
