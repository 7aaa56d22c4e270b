-- Changes what is given of the person's own profile.
update public.profiles as p
   set full_name = case when $changes_full_name then $full_name else p.full_name end,
       avatar_url = case when $changes_avatar_url then $avatar_url else p.avatar_url end,
       timezone = coalesce($time_zone, p.timezone),
       language = coalesce($language, p.language),
       settings = coalesce($settings, p.settings)
 where p.id = romashka.current_user_id()
   and p.updated_at = $version --? version
returning p.id
