-- Takes talks of which a provider is to be told that they were read.
select r.conversation_id, r.workspace_id, r.channel_id, r.external_message_id, r.wants_typing, r.attempt_count, r.lease_id, r.configuration, r.api_credentials
  from romashka.claim_read_marks($most::integer) as r
