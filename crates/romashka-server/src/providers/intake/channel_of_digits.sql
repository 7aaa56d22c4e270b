-- The channel of a number that was written in digits.
select s.channel_id from romashka.channel_of_digits($workspace::uuid, $digits::text) as s (channel_id)
