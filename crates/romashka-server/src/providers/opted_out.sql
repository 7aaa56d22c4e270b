-- Whether a person has stopped the text messages of one of our numbers.
select o.our_number, o.source, o.changed_at from public.sms_opt_outs as o
 where o.workspace_id = $workspace::uuid and o.customer_number = $customer::text and o.our_number = $ours::text and o.is_opted_out
