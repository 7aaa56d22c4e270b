-- Marks a message that its writer deleted.
select romashka.withdraw_message($workspace::uuid, $message::uuid, $at::timestamptz)
