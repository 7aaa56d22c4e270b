-- Purpose: 120 customers of the shop, who speak four languages, and by what they are known on each channel.
create temporary table demo_names (language text, given text[], family text[], cities text[], zones text[], dial text) on commit drop;
insert into demo_names values
  ('en', '{Olivia,James,Amara,Noah,Harriet,Kofi,Ella,Liam,Priya,Callum,Zoe,Marcus,Fiona,Dev,Ruth,Owen,Nadia,Peter,Isla,Samuel}',
   '{Baker,Thompson,Adeyemi,Clarke,Patel,Murphy,Reid,Osborne,Nguyen,Hughes,Walker,Banerjee,Foster,Lindqvist}', '{London,Leeds,Dublin,Bristol,Edinburgh,Toronto}', '{Europe/London,Europe/Dublin,America/Toronto}', '44'),
  ('de', '{Lena,Jonas,Greta,Felix,Heike,Emre,Johanna,Paul,Sabine,Lukas,Ayşe,Moritz}', '{Schneider,Hofmann,Yılmaz,Krüger,Vogel,Brandt,Lorenz,Winkler,Böhm}',
   '{Berlin,Leipzig,Hamburg,Wien,Zürich,Köln}', '{Europe/Berlin,Europe/Vienna,Europe/Zurich}', '49'),
  ('ru', '{Ольга,Сергей,Марина,Илья,Татьяна,Алексей,Дарья,Николай}', '{Петренко,Орлова,Лебедев,Громова,Соболев,Ким,Ильина}', '{Рига,Алматы,Тбилиси,Ереван,Вильнюс}', '{Europe/Riga,Asia/Almaty,Asia/Tbilisi}', '371'),
  ('es', '{Carmen,Javier,Lola,Diego,Inés,Mateo,Pilar,Andrés}', '{García,Romero,Iglesias,Vega,Santos,Molina,Cano}', '{Madrid,Sevilla,Valencia,Bilbao}', '{Europe/Madrid}', '34');

create temporary table demo_customers on commit drop as
select n, pg_temp.demo_id(12, n) as id, p.language,
  pg_temp.demo_pick('given', n, p.given) || ' ' || pg_temp.demo_pick('family', n, p.family) as name,
  'customer' || n || '@customers.example' as email,
  '+' || p.dial || '5550' || lpad(n::text, 5, '0') as phone,
  pg_temp.demo_pick('city', n, p.cities) as city, pg_temp.demo_pick('zone', n, p.zones) as zone
  from generate_series(1, 120) as n
  join demo_names as p on p.language = case when n % 20 < 11 then 'en' when n % 20 < 14 then 'de' when n % 20 < 17 then 'ru' else 'es' end;

insert into public.customer_profiles (id, email, name, phone, company, location, timezone, language, tags, custom_fields, status, created_at, updated_at)
select id, email, name, phone, case when n % 15 = 0 then pg_temp.demo_pick('company', n, '{Café Linden,Greenhouse School,Studio Ton,Hotel Marina}') end, city, zone, language,
  case when n % 9 = 0 then '{regular}'::text[] when n % 15 = 0 then '{business}'::text[] else '{}'::text[] end,
  jsonb_build_object('orders', 1 + floor(pg_temp.demo_chance('orders', n) ^ 3 * 24)::integer, 'newsletter', n % 3 = 0),
  case when n % 24 = 0 then 'vip' when n = 77 then 'blocked' else 'active' end,
  now() - interval '44 days' - pg_temp.demo_chance('since', n) * interval '400 days', now() - interval '44 days'
  from demo_customers on conflict do nothing;
delete from demo_customers as d where not exists (select from public.customer_profiles as p where p.id = d.id);

insert into public.customer_identities (id, customer_id, channel_type, external_id, display_name, is_verified, verified_at, last_seen_at)
select pg_temp.demo_id(13, d.n * 10 + k.k), d.id, k.channel, k.external_id, d.name, k.channel <> 'website', case when k.channel <> 'website' then now() - interval '44 days' end, now() - interval '1 day'
  from demo_customers as d
  cross join lateral (values (1, 'email', d.email), (2, 'whatsapp', substr(d.phone, 2)), (3, 'sms', d.phone), (4, 'website', 'visitor-' || md5('visitor' || d.n)),
    (5, 'instagram', '1784' || lpad(d.n::text, 9, '0')), (6, 'messenger', '6021' || lpad(d.n::text, 9, '0'))) as k (k, channel, external_id)
 where k.channel in ('email', 'website') or pg_temp.demo_chance(k.channel, d.n) < 0.6
on conflict do nothing;
insert into public.customer_channel_preferences (id, customer_id, channel_type, is_preferred, opt_in)
select pg_temp.demo_id(14, d.n), d.id, pg_temp.demo_pick('prefers', d.n, '{email,whatsapp,website}'), true, d.n % 17 <> 0
  from demo_customers as d where d.n % 2 = 0
on conflict do nothing;
