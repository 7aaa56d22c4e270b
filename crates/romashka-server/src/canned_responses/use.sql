-- Counts a use.
select public.track_canned_response_usage($id::uuid, $workspace::uuid)
