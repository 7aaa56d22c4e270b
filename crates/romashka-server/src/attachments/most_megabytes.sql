-- How large a file of a workspace may be.
select (romashka.setting($workspace::uuid, 'max_file_size_mb') #>> '{}')::bigint
