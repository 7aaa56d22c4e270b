-- Tries the rules on a made-up message.
select (v ->> 'rule_id')::uuid as rule_id, v -> 'facts' as facts, v -> 'rules' as rules from public.test_routing($message::jsonb, $workspace::uuid) as v
