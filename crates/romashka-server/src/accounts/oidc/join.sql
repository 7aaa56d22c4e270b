-- The account of a provider's subject, which is joined to that of a verified address when it is new.
select romashka.join_oidc_account($issuer::text, $subject::text, $email::text)
