-- The changes of tags, added to their counts.
select romashka.count_tags(5000)::bigint
