-- Has the passages of every article made anew.
select public.reindex_knowledge($workspace::uuid)
