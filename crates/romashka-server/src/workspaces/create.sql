-- Makes a workspace whose owner is the one who asks.
select public.create_workspace($slug::text, $name::text)
