-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.article_suggestions.id is 'The row''s identity, time-ordered.';
comment on column public.article_suggestions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.article_suggestions.conversation_id is 'The conversation that it is taken from.';
comment on column public.article_suggestions.group_id is 'The first row of those that ask alike; none where it is this one.';
comment on column public.article_suggestions.question is 'What the customer asked: the first message with a few words.';
comment on column public.article_suggestions.answer is 'What an agent answered: the longest message after it, without salutation and closing.';
comment on column public.article_suggestions.language is 'The language of the conversation, a BCP 47 tag.';
comment on column public.article_suggestions.occurrences is 'In the group''s first row how many conversations ask alike.';
comment on column public.article_suggestions.status is 'pending, accepted (it is an article) or rejected; the same in the whole group.';
comment on column public.article_suggestions.knowledge_item_id is 'The article it became.';
comment on column public.article_suggestions.decided_by is 'Who accepted or rejected it.';
comment on column public.article_suggestions.decided_at is 'When.';
comment on column public.article_suggestions.created_at is 'When the row was made.';
comment on column public.article_suggestions.updated_at is 'When the row was last changed.';
