-- Takes over a conversation.
select public.accept_transfer($id::uuid)
