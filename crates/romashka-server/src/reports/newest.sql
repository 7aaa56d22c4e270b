-- The newest figures of this moment.
select m.metric_name, m.metric_value::float8 as metric_value, m.dimensions, m."timestamp" as taken_at
  from public.realtime_metrics as m
 where m.workspace_id = $workspace
   and m."timestamp" = (select max(o."timestamp") from public.realtime_metrics as o where o.workspace_id = $workspace and o.metric_name = 'open_conversations' and o.dimensions = '{}')
 order by m.metric_name, m.dimensions::text
