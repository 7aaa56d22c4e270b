-- Archives the articles whose files are gone.
select a.article_id, a.file_path from public.archive_missing_files($1::text, $2::text[], $3::uuid) as a order by a.file_path
