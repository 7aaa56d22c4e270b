-- The token in the address that the channel's provider reports to.
select public.channel_token($channel::uuid, false, $workspace::uuid)
