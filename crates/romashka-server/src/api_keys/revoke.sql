-- Ends a key at once.
select public.revoke_api_key($id::uuid, $workspace::uuid)
