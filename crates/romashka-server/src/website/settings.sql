-- The widget that a public token names, as visitors may see it, and the pages it may be on.
select (found.settings ->> 'widget_id')::uuid as id,
       found.settings ->> 'name' as name,
       found.settings ->> 'language' as language,
       (found.settings ->> 'requires_identity')::boolean as requires_identity,
       found.settings ->> 'custom_css' as custom_css,
       found.settings -> 'availability' as availability,
       coalesce(nullif(found.settings -> 'configuration', 'null'::jsonb), '{}'::jsonb) as configuration,
       array(select jsonb_array_elements_text(coalesce(nullif(found.settings -> 'allowed_domains', 'null'::jsonb), '[]'::jsonb))) as allowed_domains
  from (select public.widget_settings($widget) as settings) as found
 where found.settings is not null
