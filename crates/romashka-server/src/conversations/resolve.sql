-- Resolves or closes.
select public.resolve_conversation($id::uuid, $resolution_type::text, $status::text)
