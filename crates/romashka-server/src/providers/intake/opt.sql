-- Whether a customer wants messages by this channel.
insert into public.customer_channel_preferences as p (workspace_id, customer_id, channel_type, opt_in, last_interaction)
values ($workspace::uuid, $customer::uuid, $channel_type::text, $opt_in::boolean, now())
on conflict (customer_id, workspace_id, channel_type) do update set opt_in = excluded.opt_in, last_interaction = excluded.last_interaction, updated_at = now()
