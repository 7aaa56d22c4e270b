-- Puts a mail on its queue.
select romashka.queue_mail($mail::uuid, $kind::text, $recipient::text, $language::text, $content::text)
