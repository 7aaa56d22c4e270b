-- Takes one of a quota that all processes count together.
select taken.is_allowed, taken.remaining, ceil(extract(epoch from taken.retry_after))::integer as retry_after
  from romashka.take_allowance($key::text, $quota::integer, make_interval(secs => $seconds::integer)) as taken
