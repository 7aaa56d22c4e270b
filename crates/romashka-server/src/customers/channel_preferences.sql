-- What a customer wants of each kind of channel, as far as it is known.
select p.channel_type, p.is_preferred, p.opt_in, p.opt_in_at, p.opt_in_source, p.last_interaction, p.created_at, p.updated_at
  from public.customer_channel_preferences as p
 where p.customer_id = $customer and p.workspace_id = $workspace
   and p.channel_type = $channel_type --? channel_type
 order by p.channel_type
