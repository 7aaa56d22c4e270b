-- A new saved view.
insert into public.saved_views as v (workspace_id, user_id, name, filters, sort, is_shared)
values ($workspace, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), $name, coalesce($filters, '{}'::jsonb),
        coalesce($sort, 'created_at'), coalesce($is_shared, false))
returning v.id, v.user_id, v.name, v.filters, v.sort, v.is_shared, v.created_at, v.updated_at
