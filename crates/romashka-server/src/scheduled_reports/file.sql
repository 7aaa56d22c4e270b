-- The file of a run.
select u.filename, u.content from public.report_runs as u
 where u.id = $run and u.workspace_id = $workspace and u.content is not null
   and u.report_id = $report --? report
