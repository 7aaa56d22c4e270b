-- Takes the figures of this moment.
select public.refresh_realtime_metrics($workspace::uuid)
