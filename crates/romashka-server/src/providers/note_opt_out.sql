-- Keeps that a person has stopped or started the text messages of our numbers.
select romashka.note_sms_opt_out($ours::text[], $customer::text, $opted_out::boolean, $source::text, $at::timestamptz, $workspace::uuid)
