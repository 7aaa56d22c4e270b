-- The person who asks.
select p.id, p.email, p.full_name, p.avatar_url, p.timezone as time_zone, p.language, p.settings, p.created_at, p.updated_at
  from public.profiles as p where p.id = romashka.current_user_id()
