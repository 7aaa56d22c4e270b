-- Writes down what came of a request.
select romashka.finish_scan_page($page::uuid, $workspace::uuid, $lease::uuid, $report::jsonb)
