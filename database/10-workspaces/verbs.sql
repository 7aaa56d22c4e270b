-- Purpose: signing in: sessions, API keys, passwords, second factors, one-time tokens, the limits on all of them, and repeated requests.
-- Invariants: tokens come in as their SHA-256, so that no statement, log or plan holds one; a one-time token, a recovery code and a
--   step of a second factor are used once, decided by one UPDATE; what is counted is counted for accounts that do not exist too.
-- Who calls: the server, as service_role; what a member may call is granted at the end.
-- Lock risk: row locks.

create or replace function romashka.my_membership(out workspace uuid, out member_role text) language plpgsql stable security definer set search_path = '' as $$
-- Definer: memberships are read outside of their own policy.
declare
  me constant uuid := romashka.current_user_id();
  here constant uuid := public.current_workspace_id();
begin
  workspace := here;
  if me is null then
    member_role := case when here = any (romashka.my_workspaces('viewer')) then coalesce(romashka.claims() #>> '{app_metadata,workspace_role}', 'agent') end;
  else
    member_role := (select m.role from public.workspace_members as m where m.user_id = me and m.workspace_id = here and m.status = 'active');
  end if;
end $$;
comment on function romashka.my_membership() is 'The workspace of the request and what the one who asks is in it; no role for who is not a member.';

-- Sessions ----------------------------------------------------------------------------------------------------------------------

create or replace function romashka.start_session(person uuid, token_hash bytea, idle_limit interval, absolute_limit interval, second_factor boolean default false,
  user_agent text default null, address inet default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  made uuid;
  at constant timestamptz := pg_catalog.now();
begin
  insert into romashka.sessions (user_id, token_hash, idle_limit, expires_at, is_second_factor_passed, user_agent, address)
  values (person, start_session.token_hash, start_session.idle_limit, at + absolute_limit, second_factor, left(start_session.user_agent, 500), start_session.address)
  returning id into made;
  update auth.users as u set last_sign_in_at = at where u.id = person;
  return made;
end $$;
comment on function romashka.start_session(uuid, bytea, interval, interval, boolean, text, inet) is 'Signs a person in: a session that ends after its idle limit without use, and after its absolute limit in any case.';

create or replace function romashka.find_session(token_hash bytea, out session uuid, out person uuid, out chosen_workspace uuid, out authenticated_at timestamptz,
  out second_factor boolean) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  found_session romashka.sessions;
  at constant timestamptz := pg_catalog.now();
begin
  select * into found_session from romashka.sessions as s where s.token_hash = find_session.token_hash and s.expires_at > at and s.last_used_at + s.idle_limit > at;
  if not found then return; end if;
  if found_session.last_used_at < at - interval '1 minute' then
    update romashka.sessions as s set last_used_at = at where s.id = found_session.id;
  end if;
  session := found_session.id;
  person := found_session.user_id;
  chosen_workspace := found_session.chosen_workspace;
  authenticated_at := found_session.authenticated_at;
  second_factor := found_session.is_second_factor_passed;
end $$;
comment on function romashka.find_session(bytea) is 'Who is signed in with a token, nobody when the session is over. Its use is noted once a minute.';

create or replace function romashka.choose_workspace(session uuid, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  update romashka.sessions as s set chosen_workspace = workspace where s.id = session
     and exists (select from public.workspace_members as m where m.user_id = s.user_id and m.workspace_id = workspace and m.status = 'active');
  if not found then raise exception 'no such workspace' using errcode = 'RM404'; end if;
end $$;
comment on function romashka.choose_workspace(uuid, uuid) is 'From now on the session works in another workspace of its person.';

create or replace function romashka.confirm_session(session uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  update romashka.sessions as s set authenticated_at = pg_catalog.now() where s.id = session;
end $$;
comment on function romashka.confirm_session(uuid) is 'Notes that the person has just shown who he is again.';

create or replace function romashka.list_sessions(person uuid) returns table (id uuid, user_agent text, address text, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return query
    select s.id, s.user_agent, host(s.address), s.created_at, s.last_used_at, least(s.expires_at, s.last_used_at + s.idle_limit) from romashka.sessions as s
     where s.user_id = person and s.expires_at > pg_catalog.now() and s.last_used_at + s.idle_limit > pg_catalog.now() order by s.last_used_at desc, s.id;
end $$;
comment on function romashka.list_sessions(uuid) is 'The sessions of a person that are not over.';

create or replace function romashka.end_sessions(person uuid, session uuid default null, except_session uuid default null) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  ended integer;
begin
  delete from romashka.sessions as s where s.user_id = person and (session is null or s.id = session) and s.id is distinct from except_session;
  get diagnostics ended = row_count;
  return ended;
end $$;
comment on function romashka.end_sessions(uuid, uuid, uuid) is 'Ends one session of a person, or all but one; returns how many.';

-- API keys ----------------------------------------------------------------------------------------------------------------------

create or replace function romashka.find_api_key(key_hash bytea, out key uuid, out workspace uuid, out key_role text, out scopes text[]) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone; the key says which workspace is meant.
declare
  found_key public.api_keys;
  at constant timestamptz := pg_catalog.now();
begin
  select k.* into found_key from public.api_keys as k join public.workspaces as w on w.id = k.workspace_id and w.status = 'active'
   where k.key_hash = find_api_key.key_hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > at);
  if not found then return; end if;
  if found_key.last_used_at is null or found_key.last_used_at < at - interval '1 minute' then
    update public.api_keys as k set last_used_at = at where k.id = found_key.id and k.workspace_id = found_key.workspace_id;
  end if;
  key := found_key.id;
  workspace := found_key.workspace_id;
  key_role := found_key.role;
  scopes := found_key.scopes;
end $$;
comment on function romashka.find_api_key(bytea) is 'What a key stands for, nothing when it is revoked or over. Its use is noted once a minute.';

create or replace function public.create_api_key(name text, key_hash bytea, display_prefix text, last_four text, scopes text[], role text default 'agent',
  expires_at timestamptz default null, workspace uuid default public.current_workspace_id()) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes the table himself, so that a key never has more rights than the one who made it.
declare
  made uuid;
begin
  perform romashka.require_role(workspace, 'admin');
  if create_api_key.expires_at <= pg_catalog.now() then raise exception 'the key would be over already' using errcode = 'RM422'; end if;
  insert into public.api_keys (workspace_id, name, key_hash, display_prefix, last_four, scopes, role, expires_at, created_by)
  values (workspace, create_api_key.name, create_api_key.key_hash, create_api_key.display_prefix, create_api_key.last_four, create_api_key.scopes,
    create_api_key.role, create_api_key.expires_at, (select p.id from public.profiles as p where p.id = romashka.current_user_id()))
  returning id into made;
  return made;
end $$;
comment on function public.create_api_key(text, bytea, text, text, text[], text, timestamptz, uuid) is 'Keeps a new key of the workspace; the key itself is made and shown by the caller.';

create or replace function public.revoke_api_key(key uuid, workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: as create_api_key.
declare
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'admin');
  update public.api_keys as k set revoked_at = coalesce(k.revoked_at, at) where k.id = key and k.workspace_id = workspace;
  if not found then raise exception 'no such key' using errcode = 'RM404'; end if;
end $$;
comment on function public.revoke_api_key(uuid, uuid) is 'Ends a key at once. It stays in the list, for the audit.';

-- Passwords ---------------------------------------------------------------------------------------------------------------------

create or replace function romashka.find_account(email text, out person uuid, out password_hash text, out has_second_factor boolean) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  select p.id, w.password_hash, exists (select from romashka.second_factors as f where f.user_id = p.id and f.confirmed_at is not null)
    into person, password_hash, has_second_factor
    from public.profiles as p left join romashka.passwords as w on w.user_id = p.id where p.email = lower(find_account.email);
end $$;
comment on function romashka.find_account(text) is 'The account of an address, with what is needed to check a password.';

create or replace function romashka.read_account(person uuid, out email text, out full_name text, out language text, out password_hash text, out has_second_factor boolean)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  select p.email, p.full_name, p.language, w.password_hash, exists (select from romashka.second_factors as f where f.user_id = p.id and f.confirmed_at is not null)
    into email, full_name, language, password_hash, has_second_factor
    from public.profiles as p left join romashka.passwords as w on w.user_id = p.id where p.id = person;
end $$;
comment on function romashka.read_account(uuid) is 'The account of a person who is signed in.';

create or replace function romashka.set_password(person uuid, password_hash text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.passwords as w (user_id, password_hash) values (person, set_password.password_hash)
  on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = excluded.changed_at;
end $$;
comment on function romashka.set_password(uuid, text) is 'Keeps the hash of a new password.';

create or replace function romashka.create_account(email text, full_name text, password_hash text default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  made uuid := gen_random_uuid();
begin
  if exists (select from public.profiles as p where p.email = lower(create_account.email)) then
    raise exception 'there is an account with this address' using errcode = 'RM409', hint = 'Sign in instead.';
  end if;
  insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data)
  values (made, lower(create_account.email), pg_catalog.now(), jsonb_strip_nulls(jsonb_build_object('full_name', create_account.full_name)));
  if create_account.password_hash is not null then perform romashka.set_password(made, create_account.password_hash); end if;
  return made;
end $$;
comment on function romashka.create_account(text, text, text) is 'An account whose address is known to be the person''s: by an invitation, or by the one who sets the installation up.';

create or replace function romashka.read_invitation(token_hash bytea, out workspace uuid, out workspace_name text, out email text, out has_account boolean)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone; who has the token was invited.
begin
  select i.workspace_id, w.name, i.email, exists (select from public.profiles as p where p.email = i.email) into workspace, workspace_name, email, has_account
    from public.workspace_invitations as i join public.workspaces as w on w.id = i.workspace_id
   where i.token_hash = read_invitation.token_hash and i.accepted_at is null and i.expires_at > pg_catalog.now();
end $$;
comment on function romashka.read_invitation(bytea) is 'What an invitation that is still open invites to.';

-- One-time tokens ---------------------------------------------------------------------------------------------------------------

create or replace function romashka.keep_token(token_hash bytea, purpose text, person uuid, valid_for interval) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.account_tokens (token_hash, purpose, user_id, expires_at)
  values (keep_token.token_hash, keep_token.purpose, person, pg_catalog.now() + valid_for);
end $$;
comment on function romashka.keep_token(bytea, text, uuid, interval) is 'Keeps a token that is good for one act, for a time.';

create or replace function romashka.find_token(token_hash bytea, purpose text) returns uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return (select t.user_id from romashka.account_tokens as t where t.token_hash = find_token.token_hash and t.purpose = find_token.purpose
             and t.used_at is null and t.expires_at > pg_catalog.now());
end $$;
comment on function romashka.find_token(bytea, text) is 'Whose token it is, without using it.';

create or replace function romashka.use_token(token_hash bytea, purpose text, out person uuid, out is_valid boolean) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update romashka.account_tokens as t set used_at = at
   where t.token_hash = use_token.token_hash and t.purpose = use_token.purpose and t.used_at is null and t.expires_at > at
  returning t.user_id into person;
  is_valid := found;
end $$;
comment on function romashka.use_token(bytea, text) is 'Uses a token up; of two who try at once one succeeds.';

-- Signing in by a provider (OpenID Connect) -----------------------------------------------------------------------------------

create or replace function romashka.begin_oidc_login(login uuid, state_hash bytea, browser_hash bytea, content text, valid_for interval) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.oidc_logins (id, state_hash, browser_hash, content, expires_at)
  values (login, begin_oidc_login.state_hash, begin_oidc_login.browser_hash, begin_oidc_login.content, pg_catalog.now() + valid_for);
end $$;
comment on function romashka.begin_oidc_login(uuid, bytea, bytea, text, interval) is 'Keeps what has to fit when a person comes back from the provider.';

create or replace function romashka.take_oidc_login(state_hash bytea, browser_hash bytea, out login uuid, out content text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  delete from romashka.oidc_logins as l
   where l.state_hash = take_oidc_login.state_hash and l.browser_hash = take_oidc_login.browser_hash and l.expires_at > pg_catalog.now()
  returning l.id, l.content into login, content;
end $$;
comment on function romashka.take_oidc_login(bytea, bytea) is 'What was kept for this state and this browser, once; nulls when there is nothing.';

create or replace function romashka.join_oidc_account(issuer text, subject text, email text default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone; the address is one that the provider has verified.
declare
  owner uuid;
begin
  select i.user_id into owner from romashka.oidc_identities as i where i.issuer = join_oidc_account.issuer and i.subject = join_oidc_account.subject;
  if owner is not null then return owner; end if;
  -- Whoever made an account with an address that is not his must not be joined by its owner.
  select p.id into owner from public.profiles as p join auth.users as u on u.id = p.id
   where p.email = lower(join_oidc_account.email) and u.email_confirmed_at is not null;
  if owner is null then return null; end if;
  insert into romashka.oidc_identities (issuer, subject, user_id) values (join_oidc_account.issuer, join_oidc_account.subject, owner)
  on conflict on constraint oidc_identities_pkey do nothing;
  -- Of two who come at once the first one counts.
  return (select i.user_id from romashka.oidc_identities as i where i.issuer = join_oidc_account.issuer and i.subject = join_oidc_account.subject);
end $$;
comment on function romashka.join_oidc_account(text, text, text) is 'The account of a provider''s subject: the one it is joined to, else that of a verified address, which is joined to it now; null when there is none.';

create or replace function romashka.needs_setup() returns boolean language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return not exists (select from public.workspace_members as m where m.role = 'owner' and m.status = 'active'
                       and (exists (select from romashka.passwords as w where w.user_id = m.user_id)));
end $$;
comment on function romashka.needs_setup() is 'Whether nobody who could sign in here owns a workspace yet.';

create or replace function romashka.set_up(token_hash bytea, email text, full_name text, password_hash text) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone; the token was shown to who runs the installation.
declare
  person uuid;
begin
  -- One at a time: two who have a token each must not both become the first.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('romashka.set_up', 0));
  if not romashka.needs_setup() then raise exception 'the installation is set up already' using errcode = 'RM409'; end if;
  if not (select used.is_valid from romashka.use_token(set_up.token_hash, 'setup') as used) then
    raise exception 'the token is not valid (any more)' using errcode = 'RM403', hint = 'Start the server again: it shows a new one.';
  end if;
  person := romashka.create_account(set_up.email, set_up.full_name, set_up.password_hash);
  insert into public.workspace_members (workspace_id, user_id, role) values (romashka.default_workspace_id(), person, 'owner');
  return person;
end $$;
comment on function romashka.set_up(bytea, text, text, text) is 'Makes the first owner of the installation.';

-- Second factors ----------------------------------------------------------------------------------------------------------------

create or replace function romashka.offer_second_factor(person uuid, factor uuid, secret text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.second_factors as f (id, user_id, secret) values (factor, person, offer_second_factor.secret)
  on conflict (user_id) do update set id = excluded.id, secret = excluded.secret, last_step = 0, created_at = excluded.created_at where f.confirmed_at is null;
  if not found then raise exception 'there is a second factor already' using errcode = 'RM409', hint = 'Remove it first.'; end if;
end $$;
comment on function romashka.offer_second_factor(uuid, uuid, text) is 'Keeps a secret that is not in force before a first code was right.';

create or replace function romashka.read_second_factor(person uuid, out factor uuid, out secret text, out is_confirmed boolean) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  select f.id, f.secret, f.confirmed_at is not null into factor, secret, is_confirmed from romashka.second_factors as f where f.user_id = person;
end $$;
comment on function romashka.read_second_factor(uuid) is 'The encrypted secret of a person.';

create or replace function romashka.use_second_factor(person uuid, factor uuid, step bigint) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update romashka.second_factors as f set last_step = step, confirmed_at = coalesce(f.confirmed_at, at)
   where f.user_id = person and f.id = factor and f.last_step < step;
  return found;
end $$;
comment on function romashka.use_second_factor(uuid, uuid, bigint) is 'Takes the time step of a right code; false when it, or a later one, was used before.';

create or replace function romashka.remove_second_factor(person uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  delete from romashka.recovery_codes as c where c.user_id = person;
  delete from romashka.second_factors as f where f.user_id = person;
  return found;
end $$;
comment on function romashka.remove_second_factor(uuid) is 'Takes the second factor and its recovery codes away.';

create or replace function romashka.keep_recovery_codes(person uuid, code_hashes bytea[]) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  delete from romashka.recovery_codes as c where c.user_id = person;
  insert into romashka.recovery_codes (user_id, code_hash) select person, hash from unnest(code_hashes) as hash;
end $$;
comment on function romashka.keep_recovery_codes(uuid, bytea[]) is 'Puts new recovery codes in the place of the old ones.';

create or replace function romashka.use_recovery_code(person uuid, code_hash bytea) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update romashka.recovery_codes as c set used_at = at where c.user_id = person and c.code_hash = use_recovery_code.code_hash and c.used_at is null;
  return found;
end $$;
comment on function romashka.use_recovery_code(uuid, bytea) is 'Uses a recovery code up.';

-- Limits ------------------------------------------------------------------------------------------------------------------------

create or replace function romashka.take_allowance(key text, quota integer, period interval, out is_allowed boolean, out remaining integer, out retry_after interval)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  cost constant interval := period / quota;
  taken timestamptz;
begin
  insert into romashka.rate_limits as l (key, arrival) values (take_allowance.key, at + cost)
  on conflict (key) do update set arrival = greatest(l.arrival, excluded.arrival - cost) + cost where greatest(l.arrival, excluded.arrival - cost) + cost <= excluded.arrival - cost + period
  returning l.arrival into taken;
  is_allowed := found;
  if is_allowed then
    remaining := floor(extract(epoch from (at + period - taken)) / extract(epoch from cost))::integer;
    retry_after := interval '0';
  else
    remaining := 0;
    select l.arrival + cost - at - period into retry_after from romashka.rate_limits as l where l.key = take_allowance.key;
    retry_after := greatest(coalesce(retry_after, cost), interval '1 second');
  end if;
end $$;
comment on function romashka.take_allowance(text, integer, interval) is 'Takes one of the quota that a key has in a period (GCRA), decided by one statement: many servers share one count.';

create or replace function romashka.login_pause(account_hash bytea) returns interval language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return (select f.locked_until - pg_catalog.clock_timestamp() from romashka.login_failures as f
           where f.account_hash = login_pause.account_hash and f.locked_until > pg_catalog.clock_timestamp());
end $$;
comment on function romashka.login_pause(bytea) is 'How long an account still waits after wrong passwords; null when it does not.';

create or replace function romashka.record_login(account_hash bytea, succeeded boolean) returns interval language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  until timestamptz;
begin
  if succeeded then
    delete from romashka.login_failures as f where f.account_hash = record_login.account_hash;
    return null;
  end if;
  -- Five are free; then 1 s, doubled each time, up to 15 minutes. A quiet day forgives.
  insert into romashka.login_failures as f (account_hash, failures, last_failed_at, locked_until) values (record_login.account_hash, 1, at, at)
  on conflict (account_hash) do update set
    failures = case when f.last_failed_at < excluded.last_failed_at - interval '1 day' then 1 else f.failures + 1 end,
    last_failed_at = excluded.last_failed_at,
    locked_until = excluded.last_failed_at + case when f.last_failed_at < excluded.last_failed_at - interval '1 day' or f.failures < 5 then interval '0'
      else least(interval '15 minutes', interval '1 second' * (2 ^ least(f.failures - 5, 20))) end
  returning f.locked_until into until;
  return nullif(greatest(until - at, interval '0'), interval '0');
end $$;
comment on function romashka.record_login(bytea, boolean) is 'Counts a wrong password or code, or forgets those before a right one; returns how long the account now waits.';

-- Mails of the installation -----------------------------------------------------------------------------------------------------

create or replace function romashka.queue_mail(mail uuid, kind text, recipient text, language text, content text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.outgoing_mails (id, kind, recipient, language, content) values (mail, queue_mail.kind, queue_mail.recipient, coalesce(queue_mail.language, 'en'), queue_mail.content);
end $$;
comment on function romashka.queue_mail(uuid, text, text, text, text) is 'Puts a mail of the installation on its queue, in the transaction of what it tells of.';

create or replace function romashka.claim_mails(batch_size integer default 20, worker text default null, lease interval default '2 minutes') returns setof romashka.outgoing_mails
language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select m.id from romashka.outgoing_mails as m where m.status in ('pending', 'sending') and m.next_attempt_at <= at
       order by m.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update skip locked)
    update romashka.outgoing_mails as m set status = 'sending', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = m.attempt_count + 1
      from chosen where m.id = chosen.id returning m.*;
end $$;
comment on function romashka.claim_mails(integer, text, interval) is 'Takes up to batch_size mails that are due.';

create or replace function romashka.complete_mail(mail uuid, lease uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  update romashka.outgoing_mails as m set status = 'sent', lease_id = null, locked_by = null, last_error = null where m.id = mail and m.lease_id = lease;
  return found;
end $$;
comment on function romashka.complete_mail(uuid, uuid) is 'Says that a mail was handed over. False when the lease is lost.';

create or replace function romashka.fail_mail(mail uuid, lease uuid, message text, permanent boolean default false) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  now_status text;
begin
  update romashka.outgoing_mails as m set status = case when permanent or m.attempt_count >= 12 then 'dead' else 'pending' end, lease_id = null, locked_by = null,
         last_error = left(message, 2000), next_attempt_at = at + romashka.backoff(m.attempt_count, '30 seconds', '6 hours', luck)
   where m.id = mail and m.lease_id = lease returning m.status into now_status;
  return now_status;
end $$;
comment on function romashka.fail_mail(uuid, uuid, text, boolean) is 'Gives a mail back after a failed attempt: pending again, dead after twelve or when permanent. Null when the lease is lost.';

-- Repeated requests -------------------------------------------------------------------------------------------------------------

create or replace function romashka.claim_request(idempotency_key text, request_hash bytea, out id uuid, out workspace uuid, out is_new boolean, out is_same boolean,
  out response_status integer, out response_headers jsonb, out response_body text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: nobody reads the table; the caller gets what he was answered himself.
declare
  here constant uuid := coalesce(public.current_workspace_id(), romashka.default_workspace_id());
  -- The service itself is nobody in particular.
  me constant uuid := coalesce(romashka.actor_id(), case when romashka.claims() ->> 'role' = 'service_role' then '00000000-0000-0000-0000-000000000000'::uuid end);
  kept public.idempotency_keys;
begin
  if me is null then raise exception 'who repeats a request has to sign in' using errcode = 'RM400'; end if;
  delete from public.idempotency_keys as k
   where k.workspace_id = here and k.actor_id = me and k.idempotency_key = claim_request.idempotency_key and k.created_at < pg_catalog.now() - interval '24 hours';
  -- Waits for a request with the same key that is still at work: its row is not committed yet.
  insert into public.idempotency_keys (workspace_id, actor_id, idempotency_key, request_hash) values (here, me, claim_request.idempotency_key, claim_request.request_hash)
  on conflict (workspace_id, actor_id, idempotency_key) do nothing returning idempotency_keys.id into id;
  is_new := id is not null;
  is_same := true;
  workspace := here;
  if is_new then return; end if;
  select k.* into kept from public.idempotency_keys as k
   where k.workspace_id = here and k.actor_id = me and k.idempotency_key = claim_request.idempotency_key;
  id := kept.id;
  is_same := kept.request_hash = claim_request.request_hash;
  if is_same then
    response_status := kept.response_status;
    response_headers := kept.response_headers;
    response_body := kept.response_body;
  end if;
end $$;
comment on function romashka.claim_request(text, bytea) is 'Whether a request with this key is new; if not, whether it is the same, and what was answered. Waits for one that is still at work.';

create or replace function romashka.keep_response(request uuid, workspace uuid, response_status integer, response_headers jsonb, response_body text) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as claim_request. A request may have gone on as the service since it was claimed.
begin
  if romashka.claims() ->> 'role' is distinct from 'service_role'
     and keep_response.workspace <> coalesce(public.current_workspace_id(), romashka.default_workspace_id()) then
    raise exception 'not found' using errcode = 'RM404';
  end if;
  update public.idempotency_keys as k set response_status = keep_response.response_status, response_headers = keep_response.response_headers, response_body = keep_response.response_body
   where k.id = request and k.workspace_id = keep_response.workspace and k.response_status is null;
end $$;
comment on function romashka.keep_response(uuid, uuid, integer, jsonb, text) is 'Keeps what was answered, in the transaction of the request.';

create or replace function romashka.entitled_readers(sessions uuid[], keys uuid[], persons uuid[], visitors uuid[], workspaces uuid[])
returns table (place bigint, member_role text) language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone. The five lists are read side by side; a reader came with a session, a key, a person's token, a visitor's session, or as the service.
declare
  at constant timestamptz := pg_catalog.now();
begin
  return query
    select reader.place,
           case when reader.visitor is not null then
                  (select 'visitor' from romashka.visitor_sessions as v join public.widget_configurations as c on c.id = v.widget_id and c.workspace_id = v.workspace_id
                    where v.id = reader.visitor and v.workspace_id = reader.workspace and v.expires_at > at and c.status = 'active')
                when reader.key is not null then
                  (select k.role from public.api_keys as k where k.id = reader.key and k.workspace_id = reader.workspace
                      and k.revoked_at is null and (k.expires_at is null or k.expires_at > at))
                when reader.person is null then 'owner'
                when reader.session is null or exists (select from romashka.sessions as s where s.id = reader.session and s.user_id = reader.person
                      and s.expires_at > at and s.last_used_at + s.idle_limit > at) then
                  (select m.role::text from public.workspace_members as m where m.user_id = reader.person and m.workspace_id = reader.workspace and m.status = 'active') end
      from unnest(sessions, keys, persons, visitors, workspaces) with ordinality as reader (session, key, person, visitor, workspace, place)
     where exists (select from public.workspaces as w where w.id = reader.workspace and (reader.key is null and reader.visitor is null or w.status = 'active'));
end $$;
comment on function romashka.entitled_readers(uuid[], uuid[], uuid[], uuid[], uuid[]) is
  'Of readers with an open stream the role that each still has in its workspace: null when session, key or membership is over, no row when the workspace is gone.';

create or replace function romashka.forget_expired(batch integer default 1000) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.now();
  forgotten integer := 0;
  removed integer;
begin
  delete from public.idempotency_keys as k using (select x.id, x.workspace_id from public.idempotency_keys as x where x.created_at < at - interval '24 hours' limit batch for update skip locked) as old
   where k.id = old.id and k.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.sessions as s using (select x.id from romashka.sessions as x where x.expires_at < at or x.last_used_at + x.idle_limit < at limit batch for update skip locked) as old where s.id = old.id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.account_tokens as t using (select x.token_hash from romashka.account_tokens as x where x.expires_at < at - interval '1 day' limit batch for update skip locked) as old
   where t.token_hash = old.token_hash;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.oidc_logins as o using (select x.id from romashka.oidc_logins as x where x.expires_at < at limit batch for update skip locked) as old where o.id = old.id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.rate_limits as l using (select x.key from romashka.rate_limits as x where x.arrival < at limit batch for update skip locked) as old where l.key = old.key;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.login_failures as f using (select x.account_hash from romashka.login_failures as x where x.last_failed_at < at - interval '1 day' limit batch for update skip locked) as old
   where f.account_hash = old.account_hash;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.visitor_sessions as v using (select x.id, x.workspace_id from romashka.visitor_sessions as x where x.expires_at < at limit batch for update skip locked) as old
   where v.id = old.id and v.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from public.presence as p using (select x.id, x.workspace_id from public.presence as x where x.expires_at < at limit batch for update skip locked) as old
   where p.id = old.id and p.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.outgoing_mails as m using (select x.id from romashka.outgoing_mails as x where x.status in ('sent', 'dead') and x.created_at < at - interval '30 days' limit batch for update skip locked) as old
   where m.id = old.id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from public.report_runs as r using (select x.id, x.workspace_id from public.report_runs as x where x.completed_at < at - interval '90 days' limit batch for update skip locked) as old
   where r.id = old.id and r.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  return forgotten;
end $$;
comment on function romashka.forget_expired(integer) is 'Removes what is over: sessions, tokens, limits, kept answers, mails that were sent, reports of 90 days ago; returns how many rows.';

do $$
declare
  signature text;
begin
  perform romashka.audit_table('api_keys', array['key_hash'], array['last_used_at']);
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_function('romashka.my_membership()', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.claim_request(text, bytea)', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.keep_response(uuid, uuid, integer, jsonb, text)', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.entitled_readers(uuid[], uuid[], uuid[], uuid[], uuid[])', 'service_role');
  perform romashka.grant_function('public.create_api_key(text, bytea, text, text, text[], text, timestamptz, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.revoke_api_key(uuid, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  foreach signature in array array['start_session(uuid, bytea, interval, interval, boolean, text, inet)', 'find_session(bytea)', 'choose_workspace(uuid, uuid)', 'confirm_session(uuid)',
    'list_sessions(uuid)', 'end_sessions(uuid, uuid, uuid)', 'find_api_key(bytea)', 'find_account(text)', 'read_account(uuid)', 'set_password(uuid, text)', 'create_account(text, text, text)',
    'read_invitation(bytea)', 'keep_token(bytea, text, uuid, interval)', 'find_token(bytea, text)', 'use_token(bytea, text)', 'begin_oidc_login(uuid, bytea, bytea, text, interval)',
    'take_oidc_login(bytea, bytea)', 'join_oidc_account(text, text, text)', 'needs_setup()', 'set_up(bytea, text, text, text)',
    'offer_second_factor(uuid, uuid, text)', 'read_second_factor(uuid)', 'use_second_factor(uuid, uuid, bigint)', 'remove_second_factor(uuid)', 'keep_recovery_codes(uuid, bytea[])',
    'use_recovery_code(uuid, bytea)', 'take_allowance(text, integer, interval)', 'login_pause(bytea)', 'record_login(bytea, boolean)', 'queue_mail(uuid, text, text, text, text)',
    'claim_mails(integer, text, interval)', 'complete_mail(uuid, uuid)', 'fail_mail(uuid, uuid, text, boolean)', 'forget_expired(integer)'] loop
    perform romashka.grant_function('romashka.' || signature, 'service_role');
  end loop;
end $$;
