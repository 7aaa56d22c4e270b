-- Takes channels whose provider is to be asked now.
select s.workspace_id, s.channel_id, s.configuration, s.api_credentials, s.quality, s.failures, s.lease_id
  from romashka.claim_channel_syncs($most::integer, $worker::text) as s
