-- Purpose: an installation of the older schema, which knew no workspaces, is moved aside, so that this version's tables can be made.
--   rows.sql takes its rows over, closing.sql sets right what follows from them. See docs/adopt.md.
-- Invariants: one transaction with all that follows, so the old state or the new one; a database without such tables is not touched.
-- Lock risk: ACCESS EXCLUSIVE on every table of the older schema until the transaction ends.

do $$
declare
  contract record;
  piece record;
  moved oid[] := '{}';
  others text;
  path constant text := pg_catalog.current_setting('search_path');
begin
  perform pg_catalog.set_config('search_path', '', true);
  if to_regclass('romashka.sql_logins') is not null then
    select string_agg(c.relname, ', ') into others from pg_catalog.pg_class as c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname in ('conversations', 'messages', 'customer_profiles')
       and not exists (select from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped);
    if others is not null then
      raise exception 'ROMASHKA is installed here, and beside it are tables of the older schema: %', others
        using errcode = 'RM409', hint = 'Adopt the older database where it is, before anything is installed into it.';
    end if;
    perform pg_catalog.set_config('search_path', path, true);
    return;
  end if;

  for contract in select * from (values
      ('profiles', 'id email full_name company_name website_url avatar_url role timezone language onboarding_completed onboarding_data settings created_at updated_at'),
      ('customer_profiles', 'id email name phone company location timezone language tags custom_fields total_conversations avg_satisfaction last_interaction notes status created_at updated_at'),
      ('communication_channels', 'id name type status configuration webhook_url webhook_secret api_credentials message_limit_per_day messages_sent_today last_reset_date created_by created_at updated_at'),
      ('message_templates', 'id name language category template_content status channel_type external_template_id usage_count created_by created_at updated_at'),
      ('channel_routing_rules', 'id name priority conditions target_channel_type fallback_channel_type is_active created_by created_at updated_at'),
      ('widget_configurations', 'id user_id widget_name domain configuration embed_code status install_verified custom_css custom_js created_at updated_at'),
      ('canned_responses', 'id title content shortcut category language usage_count created_by is_public is_active tags created_at updated_at'),
      ('webhook_events', 'id channel_id event_type source payload processed processing_attempts error_message created_at processed_at'),
      ('agent_availability', 'id agent_id is_online status max_concurrent_chats current_chat_count last_activity auto_away_time working_hours created_at updated_at'),
      ('conversations', 'id customer_id user_name user_email assigned_agent_id status priority channel_type channel_id external_conversation_id customer_phone customer_social_id tags satisfaction_score resolution_time_seconds handoff_reason department language sentiment intent ai_confidence business_context created_at updated_at last_message_at resolved_at last_message message_count workflow_id'),
      ('messages', 'id conversation_id sender_type sender_id content channel_type external_message_id message_type media_url media_caption delivery_status metadata confidence_score processing_time_ms intent_detected knowledge_sources tokens_used created_at updated_at'),
      ('conversation_analytics', 'id conversation_id started_at first_response_at resolved_at total_duration_seconds total_messages customer_messages ai_messages agent_messages resolved_by resolution_type handoff_count agent_switches customer_satisfaction ai_accuracy_score knowledge_items_used lead_qualified revenue_generated follow_up_required created_at updated_at'),
      ('conversation_context', 'id conversation_id context_data last_intent conversation_summary key_entities customer_preferences updated_at'),
      ('conversation_notes', 'id conversation_id agent_id note is_internal note_type created_at updated_at'),
      ('conversation_transfers', 'id conversation_id from_agent_id to_agent_id transfer_reason transfer_type transfer_time accepted_at rejected_at status'),
      ('file_attachments', 'id conversation_id message_id filename file_path file_size mime_type file_hash uploaded_by storage_provider is_public created_at'),
      ('customer_channel_preferences', 'id customer_id channel_type is_preferred opt_in last_interaction created_at updated_at'),
      ('knowledge_categories', 'id name description parent_id order_index icon color is_active created_at updated_at'),
      ('knowledge_items', 'id title content category_id source_type source_url file_path confidence_score usage_count effectiveness_score language tags status version created_by updated_by created_at updated_at'),
      ('knowledge_versions', 'id knowledge_item_id version content changes_description created_by created_at'),
      ('intent_patterns', 'id intent_name language patterns examples confidence_threshold is_active created_by created_at updated_at'),
      ('website_scan_jobs', 'id user_id project_id urls status progress_percentage pages_found pages_processed scan_settings started_at completed_at error_details created_at'),
      ('extracted_content', 'id scan_job_id url title content content_type headings metadata word_count processing_quality extracted_entities created_at'),
      ('playground_sessions', 'id user_id session_name bot_configuration test_conversations performance_metrics created_at updated_at'),
      ('knowledge_analytics', 'id knowledge_item_id conversation_id was_helpful feedback_text usage_context created_at'),
      ('workflows', 'id user_id name description trigger_type trigger_conditions steps nodes connections is_active execution_count success_count failure_count created_at updated_at'),
      ('workflow_executions', 'id workflow_id conversation_id current_node_id context status started_at completed_at error_message execution_log'),
      ('daily_metrics', 'id date channel_type department agent_id total_conversations ai_resolved_conversations human_resolved_conversations abandoned_conversations avg_first_response_time_seconds avg_resolution_time_seconds total_ratings avg_satisfaction_score ai_confidence_avg ai_accuracy_rate handoff_rate leads_generated sales_qualified_leads revenue_attributed created_at'),
      ('realtime_metrics', 'id metric_name metric_value dimensions timestamp expires_at'),
      ('scheduled_reports', 'id name description report_type schedule_cron recipients filters format last_sent_at next_run_at is_active created_by created_at updated_at'),
      ('dashboard_configs', 'id user_id name is_default layout filters refresh_interval is_public created_at updated_at'),
      ('sla_tracking', 'id conversation_id sla_type target_time_seconds actual_time_seconds status breach_reason created_at completed_at'),
      ('integrations', 'id name type provider status configuration credentials sync_settings last_sync_at sync_frequency error_count last_error created_by created_at updated_at'),
      ('integration_field_mappings', 'id integration_id source_entity target_entity source_field target_field transformation_rule is_required is_active created_at updated_at'),
      ('sync_jobs', 'id integration_id job_type direction status records_processed records_total started_at completed_at error_details created_at'),
      ('webhook_subscriptions', 'id integration_id event_type webhook_url secret_key is_active retry_count timeout_seconds last_triggered success_count failure_count created_at'),
      ('webhook_logs', 'id webhook_subscription_id event_type payload response_status response_body error_message processing_time_ms created_at'),
      ('message_delivery_tracking', 'id message_id channel_type external_message_id delivery_status delivery_timestamp read_timestamp error_details retry_count max_retries created_at updated_at'),
      ('system_settings', 'id setting_key setting_value description is_public updated_by updated_at'),
      ('audit_logs', 'id user_id action entity_type entity_id changes ip_address user_agent created_at')
    ) as older (name, columns) loop
    select c.oid, c.relowner, pg_catalog.pg_has_role(c.relowner, 'usage') as is_mine,
           (select count(*) from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and a.attname = any (string_to_array(contract.columns, ' '))) as known_columns
      into piece from pg_catalog.pg_class as c where c.relnamespace = 'public'::regnamespace and c.relname = contract.name and c.relkind = 'r';
    if not found then continue; end if;
    -- A table that only has the name is somebody else's.
    if piece.known_columns < 3 or piece.known_columns * 4 < cardinality(string_to_array(contract.columns, ' ')) then
      raise exception 'the table public.% is not ROMASHKA''s: it has % of the % columns of the older schema', contract.name, piece.known_columns,
        cardinality(string_to_array(contract.columns, ' '))
        using errcode = 'RM409', hint = 'Rename it, or install into a database of its own. Nothing here was changed.';
    end if;
    if not piece.is_mine then
      raise exception 'the table public.% belongs to %', contract.name, piece.relowner::regrole
        using errcode = 'RM403', hint = 'Adopt as the owner of the tables, or: alter table … owner to …;';
    end if;
    if to_regnamespace('romashka_legacy') is null then
      create schema romashka_legacy;
      revoke all on schema romashka_legacy from public;
      create table romashka_legacy.contract (place integer generated always as identity, table_name text, columns text[]);
      create table romashka_legacy.owned (place integer generated always as identity, kind text, name text, definition text, columns text[] default '{}');
      perform pg_catalog.set_config('statement_timeout', '0', true), pg_catalog.set_config('jit', 'off', true),
        pg_catalog.set_config('maintenance_work_mem', '256MB', true), pg_catalog.set_config('work_mem', '64MB', true);
    end if;
    insert into romashka_legacy.contract (table_name, columns) values (contract.name, string_to_array(contract.columns, ' '));
    moved := moved || piece.oid;
    execute format('alter table public.%I set schema romashka_legacy', contract.name);
  end loop;
  if moved = '{}' then
    perform pg_catalog.set_config('search_path', path, true);
    return;
  end if;
  if to_regclass('public.schema_migrations') is not null then
    alter table public.schema_migrations set schema romashka_legacy;
  end if;

  select string_agg(c.relname, ', ' order by c.relname) into others from pg_catalog.pg_class as c
   where c.relnamespace = 'public'::regnamespace and c.relname in ('adopted_tables', 'adoption_findings', 'ai_answers', 'ai_endpoints', 'api_keys', 'article_suggestions', 'audit_seals', 'channel_alerts', 'channel_assistants', 'conversation_participants', 'conversation_reads', 'conversation_thread_keys',
        'custom_attribute_definitions', 'customer_identities', 'event_cursors', 'events', 'idempotency_keys', 'presence', 'question_set_items', 'question_set_results', 'question_set_runs', 'question_sets', 'report_runs', 'retention_runs',
        'saved_views', 'scheduled_messages', 'sla_policies', 'sms_opt_outs', 'stale_metric_days', 'tag_changes', 'tag_counts', 'team_members', 'teams',
        'website_scan_pages', 'widget_identity_secrets', 'workspace_invitations', 'workspace_members', 'workspaces');
  if others is not null then
    raise exception 'this version has tables of these names, and here are others: %', others
      using errcode = 'RM409', hint = 'Rename them. Nothing here was changed.';
  end if;

  -- What the owner built on these tables is written down and made again on the new ones: views, references, triggers, publications.
  insert into romashka_legacy.owned (kind, name, definition)
  with recursive dependents (oid, depth) as (
    select v.oid, 1 from pg_catalog.pg_class as v join pg_catalog.pg_rewrite as r on r.ev_class = v.oid
      join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
     where v.relkind in ('v', 'm') and d.refobjid = any (moved)
    union
    select v.oid, p.depth + 1 from dependents as p
      join pg_catalog.pg_depend as d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = p.oid and d.classid = 'pg_catalog.pg_rewrite'::regclass
      join pg_catalog.pg_rewrite as r on r.oid = d.objid join pg_catalog.pg_class as v on v.oid = r.ev_class and v.oid <> p.oid and v.relkind in ('v', 'm')
     where p.depth < 100)
  select 'view', format('%I.%I', n.nspname, c.relname),
         format('create %s %I.%I%s as %s', case c.relkind when 'm' then 'materialized view' else 'view' end, n.nspname, c.relname,
           case when c.reloptions is not null and c.relkind = 'v' then ' with (' || array_to_string(c.reloptions, ', ') || ')' else '' end,
           rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'))
         || format('; alter table %I.%I owner to %s', n.nspname, c.relname, c.relowner::regrole)
         || coalesce((select '; ' || string_agg(format('grant %s on %I.%I to %s%s', g.privilege_type, n.nspname, c.relname,
              case g.grantee when 0 then 'public' else g.grantee::regrole::text end, case when g.is_grantable then ' with grant option' else '' end), '; ')
              from pg_catalog.aclexplode(c.relacl) as g where g.grantee <> c.relowner), '')
         || coalesce((select '; ' || string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), '; ') from pg_catalog.pg_index as i where i.indrelid = c.oid), '')
         || coalesce(format('; comment on %s %I.%I is %L', case c.relkind when 'm' then 'materialized view' else 'view' end, n.nspname, c.relname,
              pg_catalog.obj_description(c.oid, 'pg_class')), '')
    from (select oid, max(depth) as depth from dependents group by oid) as v
    join pg_catalog.pg_class as c on c.oid = v.oid join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
   order by v.depth;
  for piece in select o.name, o.definition from romashka_legacy.owned as o where o.kind = 'view' order by o.place desc loop
    execute format('drop %s %s', case when piece.definition like 'create materialized%' then 'materialized view' else 'view' end, piece.name);
  end loop;
  insert into romashka_legacy.owned (kind, name, definition, columns)
  select 'reference', k.conrelid::regclass::text, format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
         array[c.relname::text, (select string_agg(format('%I', a.attname), ', ' order by u.n) from unnest(k.confkey) with ordinality as u (col, n)
                 join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.col), k.conname::text,
               (select string_agg(format('%I', a.attname), ', ' order by u.n) from unnest(k.conkey) with ordinality as u (col, n)
                 join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.col
                where not exists (select from pg_catalog.pg_index as i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1]))]
    from pg_catalog.pg_constraint as k join pg_catalog.pg_class as c on c.oid = k.confrelid
   where k.contype = 'f' and k.confrelid = any (moved) and k.conrelid <> all (moved) and k.conparentid = 0;
  for piece in select o.name, o.columns from romashka_legacy.owned as o where o.kind = 'reference' loop
    execute format('alter table %s drop constraint %I', piece.name, piece.columns[3]);
  end loop;
  insert into romashka_legacy.owned (kind, name, definition, columns)
  select 'trigger', g.tgname, pg_catalog.pg_get_triggerdef(g.oid), array[c.relname::text] from pg_catalog.pg_trigger as g join pg_catalog.pg_class as c on c.oid = g.tgrelid
   where g.tgrelid = any (moved) and not g.tgisinternal and g.tgenabled <> 'D'
     and g.tgname not in ('trigger_auto_assign_conversation', 'trigger_calculate_knowledge_effectiveness', 'trigger_create_conversation_analytics',
        'trigger_create_knowledge_version', 'trigger_finalize_conversation_analytics', 'trigger_update_agent_chat_count',
        'trigger_update_conversation_analytics', 'trigger_update_conversation_message_count', 'trigger_update_customer_stats',
        'trigger_update_knowledge_usage', 'update_agent_availability_updated_at', 'update_canned_responses_updated_at', 'update_conversations_updated_at',
        'update_customer_profiles_updated_at', 'update_knowledge_items_updated_at', 'update_messages_updated_at', 'update_profiles_updated_at');
  insert into romashka_legacy.owned (kind, name, definition)
  select 'publication', p.pubname, format('alter publication %I add table public.%I', p.pubname, c.relname)
    from pg_catalog.pg_publication_rel as r join pg_catalog.pg_publication as p on p.oid = r.prpubid join pg_catalog.pg_class as c on c.oid = r.prrelid
   where r.prrelid = any (moved);

  -- Trigram indexes would hold the extension where it is; this version makes its own.
  for piece in select i.indexrelid::regclass as place from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where i.indrelid = any (moved) and pg_catalog.pg_get_indexdef(i.indexrelid) ~ 'trgm_ops' and c.relname in ('idx_messages_content_trgm',
      'idx_knowledge_items_title_trgm', 'idx_knowledge_items_content_trgm') loop
    execute format('drop index %s', piece.place);
  end loop;

  -- The older schema's own triggers and functions go; one that the owner's tables use stays until this version's takes its place.
  for piece in select g.tgname, g.tgrelid::regclass as place from pg_catalog.pg_trigger as g where g.tgrelid = any (moved) and not g.tgisinternal loop
    execute format('drop trigger %I on %s', piece.tgname, piece.place);
  end loop;
  for piece in select p.oid::regprocedure as signature from pg_catalog.pg_proc as p
    where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.proname in ('aggregate_daily_metrics', 'auto_assign_conversation', 'calculate_knowledge_effectiveness', 'cleanup_expired_metrics', 'create_conversation_analytics',
        'create_knowledge_version', 'finalize_conversation_analytics', 'generate_uuid', 'log_data_changes', 'process_webhook_event',
        'track_canned_response_usage', 'update_agent_chat_count', 'update_conversation_analytics', 'update_conversation_message_count',
        'update_customer_stats', 'update_knowledge_usage', 'update_updated_at_column')
      and not exists (select from pg_catalog.pg_depend as d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') loop
    begin
      execute format('drop function %s', piece.signature);
    exception when dependent_objects_still_exist then
      null;
    end;
  end loop;
  perform pg_catalog.set_config('search_path', path, true);
end $$;
