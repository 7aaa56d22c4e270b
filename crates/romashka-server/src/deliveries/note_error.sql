-- Says that a channel is not let in; who is to be told.
select n.email, n.channel_name, n.workspace_name from romashka.note_channel_error($channel::uuid, $message::text, $workspace::uuid) as n
