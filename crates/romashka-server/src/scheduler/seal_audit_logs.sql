-- The chain over what the audit has recorded.
select public.seal_audit_logs(10000)
