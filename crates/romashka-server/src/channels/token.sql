-- The token in the address that a channel's provider calls.
select public.channel_token($channel::uuid, $renew::boolean, $workspace::uuid)
