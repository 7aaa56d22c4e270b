-- Makes or changes the article of a file.
select p.article_id, p.outcome
  from public.place_file_article($1::text, $2::text, $3::text, $4::text, $5::text[], $6::text, $7::text, $8::text, $9::uuid) as p
