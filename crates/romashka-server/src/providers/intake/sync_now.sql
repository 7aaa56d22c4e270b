-- Asks the provider of a channel for its templates at once.
select romashka.sync_channel_now($channel::uuid, $workspace::uuid)
