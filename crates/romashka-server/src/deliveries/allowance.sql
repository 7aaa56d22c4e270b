-- Takes a message from the channel's allowance of the day.
select public.take_channel_allowance($channel::uuid, $messages::integer, $workspace::uuid)
