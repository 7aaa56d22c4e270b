-- Makes deliveries of what the ledger holds anew.
select public.enqueue_webhook_deliveries()
