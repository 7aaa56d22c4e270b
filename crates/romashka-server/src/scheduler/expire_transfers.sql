-- Transfers that nobody took.
select public.expire_transfers(500)::bigint
