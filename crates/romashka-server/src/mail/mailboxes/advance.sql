-- Says up to which mail a mailbox is stored.
select romashka.advance_mailbox($channel::uuid, $lease::uuid, $uid_validity::bigint, $last_uid::bigint)
