-- Keeps what a customer wants of a kind of channel.
insert into public.customer_channel_preferences as p (workspace_id, customer_id, channel_type, is_preferred, opt_in, opt_in_at, opt_in_source)
values ($workspace, $customer, $channel_type, coalesce($is_preferred, false), coalesce($opt_in, true),
        coalesce($opt_in_at, case when $opt_in is not null then now() end), $opt_in_source)
on conflict (customer_id, workspace_id, channel_type) do update
   set is_preferred = coalesce($is_preferred, p.is_preferred),
       opt_in = coalesce($opt_in, p.opt_in),
       opt_in_at = coalesce($opt_in_at, p.opt_in_at),
       opt_in_source = coalesce($opt_in_source, p.opt_in_source)
