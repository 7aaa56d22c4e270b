-- Puts it aside, or wakes it.
select public.snooze_conversation($id::uuid, $until::timestamptz)
