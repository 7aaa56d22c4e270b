-- Gives a widget a new public token.
select public.renew_widget_token($id, $workspace)
