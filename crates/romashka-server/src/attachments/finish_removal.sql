-- Says that the bytes of a file are gone, or why not.
select romashka.finish_file_removal($file::uuid, $lease::uuid, $failure::text, $workspace::uuid)
