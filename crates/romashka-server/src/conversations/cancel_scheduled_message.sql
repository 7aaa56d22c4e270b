-- Takes an answer back that was to be sent later.
select public.cancel_scheduled_message($id::uuid, $workspace::uuid)
