-- What a key stands for.
select found.key, found.workspace, found.key_role, found.scopes
  from romashka.find_api_key($key_hash::bytea) as found
 where found.key is not null
