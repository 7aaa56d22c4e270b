-- That it was taken out, for the audit.
select public.record_audit('export', 'customer_profiles', $customer_id::uuid, '{}', $workspace::uuid)
