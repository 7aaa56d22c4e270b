-- A customer.
insert into public.customer_profiles (name, email, phone, company, location, timezone, language, tags, custom_fields, notes)
values ($name, $email, $phone, $company, $location, coalesce($time_zone, 'UTC'), coalesce($language, 'en'), $tags, $custom_fields::jsonb, $notes)
returning id
