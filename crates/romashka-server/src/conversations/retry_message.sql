-- Sends a message again whose delivery has failed.
select public.retry_message($id::uuid, $even_if_uncertain::boolean, $workspace::uuid)
