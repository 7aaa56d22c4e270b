-- Makes an old text the present one.
select public.restore_knowledge_version($id::uuid, $version::integer, $workspace::uuid)
