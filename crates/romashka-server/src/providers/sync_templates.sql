-- Brings the templates in line with the list of a provider's account; what changed.
select t.name, t.language, t.provider_status, t.quality, t.status_reason, t.is_new from romashka.sync_templates($account::text, $templates::jsonb, $workspace::uuid) as t
