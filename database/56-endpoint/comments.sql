-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.ai_endpoints.id is 'The row''s identity, time-ordered; its key is bound to it.';
comment on column public.ai_endpoints.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.ai_endpoints.is_enabled is 'Whether it is asked at the moment.';
comment on column public.ai_endpoints.base_url is 'Below which address /chat/completions is, as https://llm.example.com/v1.';
comment on column public.ai_endpoints.model is 'The model''s name there.';
comment on column public.ai_endpoints.api_key is 'The key it is asked with, as an encrypted envelope; null where it asks for none.';
comment on column public.ai_endpoints.is_streamed is 'Whether it is asked for its answer word by word, so that silence is noticed early.';
comment on column public.ai_endpoints.idle_timeout_seconds is 'How long nothing may come from it.';
comment on column public.ai_endpoints.total_timeout_seconds is 'How long one answer may take with all attempts.';
comment on column public.ai_endpoints.max_tokens is 'Tokens that it may write for one answer.';
comment on column public.ai_endpoints.daily_tokens is 'Tokens a day, read and written, by UTC.';
comment on column public.ai_endpoints.daily_cost is 'What a day may cost by the prices; null for as much as the tokens allow.';
comment on column public.ai_endpoints.input_price is 'Price of a million tokens that it reads.';
comment on column public.ai_endpoints.output_price is 'Price of a million tokens that it writes.';
comment on column public.ai_endpoints.is_masked is 'Whether mail addresses and telephone, account and card numbers in what a customer wrote are left out of what it is sent.';
comment on column public.ai_endpoints.created_at is 'When the row was made.';
comment on column public.ai_endpoints.updated_at is 'When the row was last changed.';

comment on column romashka.ai_usage.workspace_id is 'The workspace. Never changes.';
comment on column romashka.ai_usage.day is 'The day, by UTC.';
comment on column romashka.ai_usage.calls is 'Calls that are over.';
comment on column romashka.ai_usage.tokens_used is 'Tokens they read and wrote.';
comment on column romashka.ai_usage.tokens_reserved is 'Tokens that calls at work may use at most.';
comment on column romashka.ai_usage.cost_used is 'What they cost by the prices of their time.';
comment on column romashka.ai_usage.cost_reserved is 'What calls at work may cost at most.';

comment on column romashka.ai_reservations.id is 'The call.';
comment on column romashka.ai_reservations.workspace_id is 'Its workspace. Never changes.';
comment on column romashka.ai_reservations.day is 'The day it is counted on, by UTC.';
comment on column romashka.ai_reservations.tokens is 'Tokens it may use at most.';
comment on column romashka.ai_reservations.cost is 'What it may cost at most.';
comment on column romashka.ai_reservations.expires_at is 'When it counts as used up.';
