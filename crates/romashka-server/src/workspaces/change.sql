-- Changes what is given.
update public.workspaces as w
   set name = coalesce($name, w.name),
       time_zone = coalesce($time_zone, w.time_zone),
       default_language = coalesce($default_language, w.default_language),
       business_hours = coalesce($business_hours, w.business_hours),
       settings = coalesce($settings, w.settings)
 where w.id = $id
   and w.updated_at = $version --? version
returning w.id
