-- Whose session a token is at this widget.
select f.session, f.workspace, f.visitor, f.user_id, f.email, f.configuration
  from romashka.find_visitor($widget, $token_hash) as f
 where f.session is not null
