-- Puts one conversation into another.
select public.merge_conversations($source::uuid, $target::uuid, $workspace::uuid)
