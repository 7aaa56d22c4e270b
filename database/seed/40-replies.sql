-- Purpose: ready-made replies in four languages, templates for channels that demand them, and the intents the assistant recognises.
insert into public.canned_responses (id, title, content, shortcut, category, language, tags, created_by)
select pg_temp.demo_id(9, r.n), r.title, r.content, r.shortcut, r.category, r.language, r.tags, (select d.id from demo_people as d where d.n = 1 + r.n % 6)
  from (values
    (1, 'Greeting', 'Hello {{customer_name}}, thank you for writing to Romashka Garden. My name is {{agent_name}}. How can I help?', '/greeting', 'general', 'en', array['greeting']),
    (2, 'Ask for the order number', 'Could you tell me the order number, please? It starts with RG- and stands in the confirmation.', '/order', 'orders', 'en', array['order']),
    (3, 'Ask for photos', 'I am sorry about that. Could you send two photos, one of the item and one of the box? You need not send anything back.', '/photos', 'returns', 'en', array['damaged']),
    (4, 'Refund booked', 'The refund is booked. By card it takes two to five working days, by PayPal a few minutes.', '/refund', 'returns', 'en', array['refund']),
    (5, 'Inquiry opened', 'I have opened an inquiry with the carrier and write to you by {{date}} at the latest, whatever they answer.', '/inquiry', 'orders', 'en', array['delivery']),
    (6, 'Prices for schools and offices', 'For orders from 300 there are graded prices and monthly invoices. Shall I send you the list?', '/pricing', 'sales', 'en', array['business']),
    (7, 'Goodbye', 'You are welcome! If anything else turns up, just answer here. Have a good day.', '/bye', 'general', 'en', array['goodbye']),
    (8, 'Out of hours', 'We are back on {{next_opening}}. Your message is safe with us and will be answered first thing.', '/closed', 'general', 'en', array['hours']),
    (11, 'Begrüßung', 'Guten Tag {{customer_name}}, hier ist {{agent_name}} von Romashka Garden. Was kann ich für Sie tun?', '/greeting', 'general', 'de', array['greeting']),
    (12, 'Nach der Bestellnummer fragen', 'Nennen Sie mir bitte die Bestellnummer? Sie beginnt mit RG- und steht in der Bestätigung.', '/order', 'orders', 'de', array['order']),
    (13, 'Erstattung gebucht', 'Die Erstattung ist gebucht. Bei Karten dauert es zwei bis fünf Werktage, bei PayPal wenige Minuten.', '/refund', 'returns', 'de', array['refund']),
    (14, 'Um Fotos bitten', 'Das tut mir leid. Schicken Sie uns bitte zwei Fotos, vom Artikel und vom Karton? Zurücksenden müssen Sie nichts.', '/photos', 'returns', 'de', array['damaged']),
    (21, 'Приветствие', 'Здравствуйте, {{customer_name}}! Меня зовут {{agent_name}}, Romashka Garden. Чем могу помочь?', '/greeting', 'general', 'ru', array['greeting']),
    (22, 'Спросить номер заказа', 'Подскажите, пожалуйста, номер заказа. Он начинается с RG- и указан в подтверждении.', '/order', 'orders', 'ru', array['order']),
    (23, 'Возврат оформлен', 'Возврат оформлен. На карту деньги приходят за два-пять рабочих дней, через PayPal за несколько минут.', '/refund', 'returns', 'ru', array['refund']),
    (31, 'Saludo', 'Hola, {{customer_name}}: soy {{agent_name}}, de Romashka Garden. ¿En qué puedo ayudarte?', '/greeting', 'general', 'es', array['greeting']),
    (32, 'Pedir el número de pedido', '¿Me dices el número de pedido, por favor? Empieza por RG- y está en la confirmación.', '/order', 'orders', 'es', array['order']),
    (33, 'Reembolso hecho', 'El reembolso está hecho. Con tarjeta tarda de dos a cinco días laborables, con PayPal unos minutos.', '/refund', 'returns', 'es', array['refund'])
  ) as r (n, title, content, shortcut, category, language, tags)
on conflict do nothing;

insert into public.message_templates (id, name, language, category, template_content, status, channel_type) values
  (pg_temp.demo_id(10, 1), 'order_shipped', 'en', 'utility', '{"body": "Hello {{1}}, your order {{2}} is on its way. Follow it here: {{3}}"}', 'approved', 'whatsapp'),
  (pg_temp.demo_id(10, 2), 'order_shipped', 'de', 'utility', '{"body": "Hallo {{1}}, Ihre Bestellung {{2}} ist unterwegs. Hier verfolgen: {{3}}"}', 'approved', 'whatsapp'),
  (pg_temp.demo_id(10, 3), 'order_shipped', 'ru', 'utility', '{"body": "Здравствуйте, {{1}}! Ваш заказ {{2}} в пути. Отследить: {{3}}"}', 'pending', 'whatsapp'),
  (pg_temp.demo_id(10, 4), 'order_shipped', 'es', 'utility', '{"body": "Hola, {{1}}: tu pedido {{2}} está en camino. Síguelo aquí: {{3}}"}', 'approved', 'whatsapp'),
  (pg_temp.demo_id(10, 5), 'conversation_continues', 'en', 'utility', '{"body": "Hello {{1}}, we have an answer to your question about {{2}}. Reply here to go on."}', 'approved', 'whatsapp'),
  (pg_temp.demo_id(10, 6), 'spring_seedlings', 'en', 'marketing', '{"body": "The seedlings are here, {{1}}. Reply STOP to hear no more of them."}', 'rejected', 'whatsapp'),
  (pg_temp.demo_id(10, 7), 'delivery_today', 'en', 'utility', '{"body": "Romashka Garden: your parcel {{1}} arrives today between {{2}} and {{3}}."}', 'approved', 'sms')
on conflict do nothing;

insert into public.intent_patterns (id, intent_name, language, patterns, examples) values
  (pg_temp.demo_id(11, 1), 'order_status', 'en', '{"where is my (order|parcel)", "track(ing)?", "not arrived"}', '["Where is my order RG-48213?", "The tracking has not moved for days"]'),
  (pg_temp.demo_id(11, 2), 'return_item', 'en', '{"return", "send (it|this) back", "refund"}', '["I want to send the teapot back"]'),
  (pg_temp.demo_id(11, 3), 'damaged_item', 'en', '{"broken", "damaged", "cracked"}', '["The pot arrived in pieces"]'),
  (pg_temp.demo_id(11, 4), 'payment_problem', 'en', '{"declined", "charged twice", "invoice"}', '["My card was declined"]'),
  (pg_temp.demo_id(11, 5), 'plant_care', 'en', '{"yellow leaves", "how often .* water", "pests?"}', '["My monstera has yellow leaves"]'),
  (pg_temp.demo_id(11, 6), 'human_agent', 'en', '{"(real|human) (person|agent)", "talk to (someone|somebody)"}', '["Can I talk to a real person?"]'),
  (pg_temp.demo_id(11, 7), 'order_status', 'de', '{"wo ist mein (paket|bestellung)", "sendungsverfolgung"}', '["Wo ist mein Paket?"]'),
  (pg_temp.demo_id(11, 8), 'order_status', 'ru', '{"где (мой|моя) (заказ|посылка)", "отследить"}', '["Где моя посылка?"]'),
  (pg_temp.demo_id(11, 9), 'order_status', 'es', '{"dónde está mi (pedido|paquete)", "seguimiento"}', '["¿Dónde está mi pedido?"]')
on conflict do nothing;
