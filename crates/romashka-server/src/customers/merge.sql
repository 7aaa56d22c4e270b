-- Two records of one person become one.
select public.merge_customers($source::uuid, $target::uuid, $workspace::uuid)
