-- No more mails to the customer of this one.
select romashka.stop_mails($delivery::uuid)
