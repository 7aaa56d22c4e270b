-- Asks another agent to take it over.
select public.transfer_conversation($id::uuid, $to_agent::uuid, $reason::text)
