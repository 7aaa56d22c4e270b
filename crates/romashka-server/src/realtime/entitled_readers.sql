-- Of readers the role that each still has in its workspace, none where nothing is left.
select found.place, found.member_role
  from romashka.entitled_readers($sessions, $keys, $persons, $visitors, $workspaces) as found
