-- Removes a note of the one who asks, or of anybody for an admin.
select public.delete_note($id::uuid, $workspace::uuid)
