-- Declines a transfer.
select public.reject_transfer($id::uuid, $reason::text)
