-- Queues what another model has indexed.
select romashka.queue_other_models($model::text)
