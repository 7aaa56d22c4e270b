-- An admin says that a trouble is over.
select public.resolve_channel_alert($id::uuid, $workspace::uuid)
