-- Of each workspace a figure that is another one when somebody comes, goes, looks elsewhere or begins or ends to type.
select p.workspace_id,
       sum(hashtextextended(concat_ws(' ', p.user_id, p.conversation_id, p.typing_until > now()), 0)::numeric)::text as digest
  from public.presence as p
 where p.workspace_id = any ($workspaces) and p.expires_at > now()
 group by p.workspace_id
