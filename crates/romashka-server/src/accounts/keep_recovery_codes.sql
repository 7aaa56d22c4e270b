-- Puts new recovery codes in the place of the old ones.
select romashka.keep_recovery_codes($person::uuid, $code_hashes::bytea[])
