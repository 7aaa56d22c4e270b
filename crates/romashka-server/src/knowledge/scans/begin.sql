-- Begins a scan with what is visited first.
select romashka.begin_scan($job::uuid, $workspace::uuid, $lease::uuid, $sites::text[], $pages::jsonb, $page_limit::integer, $depth_limit::integer, $byte_limit::bigint,
  $seconds::float8, $pause::float8, $wishes::jsonb, $refusal::text)
