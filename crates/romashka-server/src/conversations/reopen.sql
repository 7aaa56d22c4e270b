-- Opens it again.
select public.reopen_conversation($id::uuid)
