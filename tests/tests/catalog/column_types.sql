-- text with a CHECK, timestamptz, jsonb, numeric: a length, a time without a zone or a binary fraction is a defect in waiting.
select format('%s.%I is %s', qualified, name, type) as finding
  from own_columns
 where not is_partition
   and (type ~ '^(character|timestamp without|time without|json$|real|double|money|bit)' or atttypid in ('json'::regtype, 'float4'::regtype, 'float8'::regtype))
 order by 1
