insert into public.canned_responses (id, workspace_id, title, content, shortcut, created_at)
select pg_temp.id_of('canned_response', (r ->> 'id')::bigint), pg_temp.place(), left(coalesce(nullif(r ->> 'short_code', ''), r ->> 'content'), 255), left(r ->> 'content', 100000),
       s.shortcut, pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r
 cross join lateral (select '/' || left(regexp_replace(r ->> 'short_code', '[\s/]+', '-', 'g'), 49) as code) as made
 cross join lateral (select case when made.code ~ '^/[^\s/]{1,49}$' then made.code end as shortcut) as s
 where coalesce(r ->> 'content', '') <> ''
on conflict do nothing
