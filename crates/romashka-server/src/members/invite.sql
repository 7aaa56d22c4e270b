-- Invites a person; the token is shown once.
select public.invite_member($email::text, $role::text, $workspace::uuid)
