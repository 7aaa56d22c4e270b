-- From now on the session works in another workspace.
select romashka.choose_workspace($session::uuid, $workspace::uuid)
