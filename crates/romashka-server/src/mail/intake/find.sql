-- The channel that takes mail for an address.
select f.workspace_id, f.channel_id from romashka.find_mail_channel($address::text) as f
