-- Says which files of a message are to be fetched.
select romashka.queue_media($channel::uuid, $message::uuid, $files::jsonb, $workspace::uuid)
