-- Purpose: a channel of each kind. None holds credentials, so that nothing is ever sent to anybody: connect your own to go live.
insert into public.communication_channels (id, name, type, status, configuration, message_limit_per_day) values
  (pg_temp.demo_id(6, 1), 'Shop website', 'website', 'active', '{"greeting": "Hello! Ask us anything about plants, tea and your order."}', 5000),
  (pg_temp.demo_id(6, 2), 'service@romashka.example', 'email', 'pending_setup', '{"address": "service@romashka.example"}', 2000),
  (pg_temp.demo_id(6, 3), 'WhatsApp', 'whatsapp', 'pending_setup', '{"display_number": "+44 20 7946 0018"}', 1000),
  (pg_temp.demo_id(6, 4), 'Text messages', 'sms', 'pending_setup', '{"display_number": "+44 20 7946 0019"}', 500),
  (pg_temp.demo_id(6, 5), 'Instagram', 'instagram', 'pending_setup', '{"account": "romashka.garden.example"}', 1000),
  (pg_temp.demo_id(6, 6), 'Messenger', 'messenger', 'pending_setup', '{"page": "Romashka Garden"}', 1000)
on conflict do nothing;

-- The assistant answers on the website, from the articles.
insert into public.channel_assistants (channel_id, name) values (pg_temp.demo_id(6, 1), 'Romy') on conflict do nothing;

-- What is promised: a first answer within the quarter of an hour by chat, within four hours by mail.
insert into public.sla_policies (id, name, description, position, channel_types, first_response_seconds, next_response_seconds, resolution_seconds) values
  (pg_temp.demo_id(22, 1), 'Mail', 'Answered the same half day', 200, '{email}', 14400, 14400, 172800),
  (pg_temp.demo_id(22, 2), 'Chat', 'Answered at once', 210, '{website,whatsapp,instagram,messenger,sms}', 900, 1800, 28800)
on conflict do nothing;

-- The chat of the demo page (/demo): on this server's own pages and on the shop's, which does not exist.
insert into public.widget_configurations (id, channel_id, widget_name, domain, allowed_domains, configuration) values
  (pg_temp.demo_id(31, 1), pg_temp.demo_id(6, 1), 'Shop website', 'demo.romashka.example', '{demo.romashka.example}',
   '{"color": "#2f7d4f", "position": "right", "title": "Romashka Garden", "greeting": "Hello! Ask us anything about plants, tea and your order."}')
on conflict do nothing;
