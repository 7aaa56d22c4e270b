-- The widget that a public token names, as visitors may see it, and the pages it may be on.
select found.settings ->> 'name' as name,
       found.settings ->> 'language' as language,
       coalesce(nullif(found.settings -> 'configuration', 'null'::jsonb), '{}'::jsonb) as configuration,
       array(select jsonb_array_elements_text(coalesce(nullif(found.settings -> 'allowed_domains', 'null'::jsonb), '[]'::jsonb))) as allowed_domains
  from (select public.widget_settings($widget) as settings) as found
 where found.settings is not null
