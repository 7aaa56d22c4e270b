-- In which of these talks an agent types now, and who.
select t.conversation_id, t.name
  from romashka.typing_agents($talks) as t
