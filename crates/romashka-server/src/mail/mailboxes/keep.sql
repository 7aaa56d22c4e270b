-- Says that this process still reads a mailbox.
select romashka.keep_mailbox($channel::uuid, $lease::uuid, $settings::jsonb, make_interval(secs => $length::float8), $is_read::boolean)
