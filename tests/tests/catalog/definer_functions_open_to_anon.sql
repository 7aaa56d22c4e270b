-- A SECURITY DEFINER function runs as the owner, whom row security does not bind: who may call one without being signed in
-- is a committed list (fixtures/anon-functions.txt).
select signature as finding from own_functions where prosecdef and has_schema_privilege('anon', schema, 'USAGE') and has_function_privilege('anon', oid, 'EXECUTE') order by 1
