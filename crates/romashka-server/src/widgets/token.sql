-- The public token of a widget.
select public.widget_token($id, $workspace)
