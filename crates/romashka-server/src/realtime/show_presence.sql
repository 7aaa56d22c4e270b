-- Says what a connection has in view.
select public.show_presence($connection, $conversation, $is_typing, $workspace)
