-- Gives a setting its value; a key that is not there yet is made.
insert into public.system_settings as s (workspace_id, setting_key, setting_value, description, is_public)
values ($workspace, $key, $setting_value, $description, coalesce($is_public, false))
on conflict (workspace_id, setting_key) do update
   set setting_value = excluded.setting_value,
       description = coalesce($description, s.description),
       is_public = coalesce($is_public, s.is_public)
 where true
   and s.updated_at = $version --? version
returning s.setting_key, s.setting_value, s.description, s.is_public, s.is_effective, s.updated_by, s.updated_at
