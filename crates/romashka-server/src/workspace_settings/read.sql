-- One setting.
select s.setting_key, s.setting_value, s.description, s.is_public, s.is_effective, s.updated_by, s.updated_at
  from public.system_settings as s
 where s.workspace_id = $workspace and s.setting_key = $key
