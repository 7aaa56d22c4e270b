-- Takes a merged conversation out again.
select public.unmerge_conversation($id::uuid, $workspace::uuid)
