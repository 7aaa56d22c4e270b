-- Figures of moments that are over.
select public.cleanup_expired_metrics()::bigint
