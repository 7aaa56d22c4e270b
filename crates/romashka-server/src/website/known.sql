-- Whether a visitor has a talk already, and whether an address of his is known.
select exists (select from romashka.visitor_conversations($session) as c
                where c.merged_into_id is null and (c.status in ('active', 'escalated') or c.status = 'resolved' and c.resolved_at > now() - interval '7 days')) as has_talk,
       exists (select from public.customer_identities as i join public.customer_profiles as p on p.id = i.customer_id and p.workspace_id = i.workspace_id
                where i.workspace_id = $workspace and i.channel_type = 'website' and i.external_id = $visitor
                  and (p.email is not null or p.custom_fields ? 'claimed_email')) as has_email
