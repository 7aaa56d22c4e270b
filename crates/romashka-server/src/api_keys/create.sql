-- Keeps a new key.
select public.create_api_key($name::text, $key_hash::bytea, $display_prefix::text, $last_four::text, $scopes::text[], $role::text, $expires_at::timestamptz, $workspace::uuid)
