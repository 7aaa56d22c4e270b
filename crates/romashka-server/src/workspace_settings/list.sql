-- Settings of the workspace, by key.
select s.setting_key, s.setting_value, s.description, s.is_public, s.is_effective, s.updated_by, s.updated_at
  from public.system_settings as s
 where s.workspace_id = $workspace
   and s.is_effective = $is_effective --? is_effective
   and s.setting_key > $after_key::text --? after
 order by s.setting_key
 limit $row_limit
