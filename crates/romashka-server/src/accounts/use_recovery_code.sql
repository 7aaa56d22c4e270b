-- Uses a recovery code up.
select romashka.use_recovery_code($person::uuid, $code_hash::bytea)
