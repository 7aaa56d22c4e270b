-- Begins the session of a proven visitor.
select v.expires_at, v.shown_name
  from romashka.verify_visitor($widget, $old_hash, $new_hash, $user_id, $email, $name, $phone, $attributes, $is_proven) as v
