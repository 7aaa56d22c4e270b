-- Ends a scan before its end.
select public.cancel_scan($id::uuid, $workspace::uuid)
