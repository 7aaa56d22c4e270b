-- Gives an article back whose passages could not be made.
select romashka.fail_indexing($item::uuid, $workspace::uuid, $lease::uuid, $message::text)
