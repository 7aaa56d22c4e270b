-- Takes mails of the installation that are due.
select m.id, m.lease_id, m.recipient, m.language, m.content, m.created_at from romashka.claim_mails($most::integer, $worker::text, make_interval(secs => $lease::float8)) as m
