-- Joins the workspace of an invitation.
select public.accept_invitation($token::text)
