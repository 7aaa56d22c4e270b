-- What need not be kept any more, and the partitions of the months to come.
select coalesce((select sum(value::bigint) from jsonb_each_text(public.apply_retention(1000)) where value ~ '^[0-9]+$'), 0)::bigint
