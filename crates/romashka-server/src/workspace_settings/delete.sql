-- Takes a setting away: its default applies again.
delete from public.system_settings as s
 where s.workspace_id = $workspace and s.setting_key = $key
   and s.updated_at = $version --? version
