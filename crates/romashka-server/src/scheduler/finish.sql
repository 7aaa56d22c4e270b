-- Notes how a regular job ended.
select romashka.finish_job($job::text, $failure::text, $again::boolean)
