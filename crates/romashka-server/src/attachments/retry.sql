-- Fetches a file anew that could not be fetched.
select public.retry_media($file::uuid, $workspace::uuid)
