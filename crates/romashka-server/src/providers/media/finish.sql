-- Says that a file was fetched.
select romashka.finish_media($id::uuid, $lease::uuid, $filename::text, $file_path::text, $file_size::bigint, $mime_type::text, $file_hash::text, $provider::text)
