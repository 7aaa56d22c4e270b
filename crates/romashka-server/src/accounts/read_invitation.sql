-- What an open invitation invites to.
select found.workspace, found.workspace_name, found.email, found.has_account from romashka.read_invitation($token_hash::bytea) as found
 where found.workspace is not null
