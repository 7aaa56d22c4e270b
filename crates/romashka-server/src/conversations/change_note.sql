-- Changes what is given; an absent value leaves its column as it is.
select public.change_note($id::uuid, $content::text, $kind::text, $mentions::uuid[], $workspace::uuid)
