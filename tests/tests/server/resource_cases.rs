//! The cases of operations on what a workspace sets up and keeps, see [`super::operations`].

use serde_json::{Value, json};
use uuid::Uuid;

use super::operations::Case;

macro_rules! row_of {
    ($table:literal) => {
        concat!(
            "select id from public.",
            $table,
            " where workspace_id = $1 limit 1"
        )
    };
}

const TEAM: &str = row_of!("teams");
const CANNED_RESPONSE: &str = row_of!("canned_responses");
const SAVED_VIEW: &str = row_of!("saved_views");
const TEMPLATE: &str = row_of!("message_templates");
const CHANNEL_ALERT: &str = row_of!("channel_alerts");
const CHANNEL: &str = row_of!("communication_channels");
const ASSISTED_CHANNEL: &str =
    "select channel_id from public.channel_assistants where workspace_id = $1 limit 1";
const AI_ANSWER: &str = row_of!("ai_answers");
const ARTICLE_SUGGESTION: &str = row_of!("article_suggestions");
const QUESTION_SET: &str = row_of!("question_sets");
const QUESTION_SET_ITEM: &str = row_of!("question_set_items");
const QUESTION_SET_RUN: &str = row_of!("question_set_runs");
const ROUTING_RULE: &str = row_of!("channel_routing_rules");
const SLA_POLICY: &str = row_of!("sla_policies");
const CUSTOM_ATTRIBUTE: &str = row_of!("custom_attribute_definitions");
const INTENT_PATTERN: &str = row_of!("intent_patterns");
const KNOWLEDGE_CATEGORY: &str = row_of!("knowledge_categories");
const KNOWLEDGE_ITEM: &str = row_of!("knowledge_items");
const KNOWLEDGE_SCAN: &str = row_of!("website_scan_jobs");
const WORKFLOW: &str = row_of!("workflows");
const WEBHOOK: &str = row_of!("webhook_subscriptions");
const TEAM_MEMBER: &str = "select user_id from public.team_members where workspace_id = $1 limit 1";
const VERSION: &str =
    "select version from public.knowledge_versions where workspace_id = $1 limit 1";
const CUSTOMER: &str = row_of!("customer_profiles");
const MEMBER: &str = "select user_id from public.workspace_members where workspace_id = $1 limit 1";
const WIDGET: &str = row_of!("widget_configurations");
const WIDGET_OF_SECRET: &str =
    "select widget_id from public.widget_identity_secrets where workspace_id = $1 limit 1";
const WIDGET_SECRET: &str = row_of!("widget_identity_secrets");
const SCHEDULED_REPORT: &str = row_of!("scheduled_reports");
const REPORT_RUN_REPORT: &str =
    "select report_id from public.report_runs where workspace_id = $1 order by id limit 1";
const REPORT_RUN: &str =
    "select id from public.report_runs where workspace_id = $1 order by id limit 1";
const FILE: &str = row_of!("file_attachments");

/// Operations whose path names nothing of a workspace: each workspace has its own of that name.
pub const OF_EACH_WORKSPACE: &[&str] = &["read_setting", "change_setting", "delete_setting"];

/// The cases.
pub const CASES: &[Case] = &[
    Case {
        operation: "read_own_widget",
        parameters: &[("id", WIDGET)],
        body: || Value::Null,
    },
    Case {
        operation: "change_widget",
        parameters: &[("id", WIDGET)],
        body: || json!({"name": "changed"}),
    },
    Case {
        operation: "read_widget_snippet",
        parameters: &[("id", WIDGET)],
        body: || Value::Null,
    },
    Case {
        operation: "renew_widget_token",
        parameters: &[("id", WIDGET)],
        body: || Value::Null,
    },
    Case {
        operation: "list_widget_secrets",
        parameters: &[("id", WIDGET)],
        body: || Value::Null,
    },
    Case {
        operation: "create_widget_secret",
        parameters: &[("id", WIDGET)],
        body: || Value::Null,
    },
    Case {
        operation: "delete_widget_secret",
        parameters: &[("id", WIDGET_OF_SECRET), ("secret", WIDGET_SECRET)],
        body: || Value::Null,
    },
    Case {
        operation: "delete_widget",
        parameters: &[("id", WIDGET)],
        body: || Value::Null,
    },
    Case {
        operation: "read_scheduled_report",
        parameters: &[("id", SCHEDULED_REPORT)],
        body: || Value::Null,
    },
    Case {
        operation: "change_scheduled_report",
        parameters: &[("id", SCHEDULED_REPORT)],
        body: || json!({"name": "changed"}),
    },
    Case {
        operation: "delete_scheduled_report",
        parameters: &[("id", SCHEDULED_REPORT)],
        body: || Value::Null,
    },
    Case {
        operation: "run_scheduled_report",
        parameters: &[("id", SCHEDULED_REPORT)],
        body: || Value::Null,
    },
    Case {
        operation: "list_report_runs",
        parameters: &[("id", SCHEDULED_REPORT)],
        body: || Value::Null,
    },
    Case {
        operation: "download_report",
        parameters: &[("id", REPORT_RUN_REPORT), ("run_id", REPORT_RUN)],
        body: || Value::Null,
    },
    Case {
        operation: "receive_channel_message",
        parameters: &[("id", CHANNEL)],
        body: || json!({"customer": {"external_id": "77"}, "external_message_id": "1", "content": "Hello"}),
    },
    Case {
        operation: "report_channel_message",
        parameters: &[("id", CHANNEL)],
        body: || json!({"message_id": Uuid::nil(), "status": "read"}),
    },
    Case {
        operation: "read_team",
        parameters: &[("id", TEAM)],
        body: || Value::Null,
    },
    Case {
        operation: "change_team",
        parameters: &[("id", TEAM)],
        body: || json!({"description": "changed"}),
    },
    Case {
        operation: "delete_team",
        parameters: &[("id", TEAM)],
        body: || Value::Null,
    },
    Case {
        operation: "read_canned_response",
        parameters: &[("id", CANNED_RESPONSE)],
        body: || Value::Null,
    },
    Case {
        operation: "change_canned_response",
        parameters: &[("id", CANNED_RESPONSE)],
        body: || json!({"title": "changed"}),
    },
    Case {
        operation: "delete_canned_response",
        parameters: &[("id", CANNED_RESPONSE)],
        body: || Value::Null,
    },
    Case {
        operation: "read_saved_view",
        parameters: &[("id", SAVED_VIEW)],
        body: || Value::Null,
    },
    Case {
        operation: "change_saved_view",
        parameters: &[("id", SAVED_VIEW)],
        body: || json!({"name": "changed"}),
    },
    Case {
        operation: "delete_saved_view",
        parameters: &[("id", SAVED_VIEW)],
        body: || Value::Null,
    },
    Case {
        operation: "read_template",
        parameters: &[("id", TEMPLATE)],
        body: || Value::Null,
    },
    Case {
        operation: "change_template",
        parameters: &[("id", TEMPLATE)],
        body: || json!({"status": "approved"}),
    },
    Case {
        operation: "delete_template",
        parameters: &[("id", TEMPLATE)],
        body: || Value::Null,
    },
    Case {
        operation: "read_channel",
        parameters: &[("id", CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "change_channel",
        parameters: &[("id", CHANNEL)],
        body: || json!({"name": "changed"}),
    },
    Case {
        operation: "delete_channel",
        parameters: &[("id", CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "read_channel_assistant",
        parameters: &[("id", ASSISTED_CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "set_channel_assistant",
        parameters: &[("id", CHANNEL)],
        body: || json!({"name": "changed"}),
    },
    Case {
        operation: "delete_channel_assistant",
        parameters: &[("id", ASSISTED_CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "read_ai_answer",
        parameters: &[("id", AI_ANSWER)],
        body: || Value::Null,
    },
    Case {
        operation: "explain_ai_answer",
        parameters: &[("id", AI_ANSWER)],
        body: || Value::Null,
    },
    Case {
        operation: "rate_ai_answer",
        parameters: &[("id", AI_ANSWER)],
        body: || json!({"was_helpful": true}),
    },
    Case {
        operation: "read_channel_hook",
        parameters: &[("id", CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "renew_channel_hook",
        parameters: &[("id", CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "list_channel_alerts",
        parameters: &[("id", CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "resolve_channel_alert",
        parameters: &[("id", CHANNEL_ALERT)],
        body: || Value::Null,
    },
    Case {
        operation: "check_channel",
        parameters: &[("id", CHANNEL)],
        body: || Value::Null,
    },
    Case {
        operation: "read_routing_rule",
        parameters: &[("id", ROUTING_RULE)],
        body: || Value::Null,
    },
    Case {
        operation: "change_routing_rule",
        parameters: &[("id", ROUTING_RULE)],
        body: || json!({"name": "changed"}),
    },
    Case {
        operation: "delete_routing_rule",
        parameters: &[("id", ROUTING_RULE)],
        body: || Value::Null,
    },
    Case {
        operation: "read_question_set",
        parameters: &[("id", QUESTION_SET)],
        body: || Value::Null,
    },
    Case {
        operation: "change_question_set",
        parameters: &[("id", QUESTION_SET)],
        body: || json!({"description": "changed"}),
    },
    Case {
        operation: "read_question_set_state",
        parameters: &[("id", QUESTION_SET)],
        body: || Value::Null,
    },
    Case {
        operation: "list_question_set_items",
        parameters: &[("id", QUESTION_SET)],
        body: || Value::Null,
    },
    Case {
        operation: "create_question_set_item",
        parameters: &[("id", QUESTION_SET)],
        body: || json!({"question": "Why?", "must_refuse": true}),
    },
    Case {
        operation: "list_question_set_runs",
        parameters: &[("id", QUESTION_SET)],
        body: || Value::Null,
    },
    Case {
        operation: "run_question_set",
        parameters: &[("id", QUESTION_SET)],
        body: || Value::Null,
    },
    Case {
        operation: "read_question_set_run",
        parameters: &[("id", QUESTION_SET), ("run_id", QUESTION_SET_RUN)],
        body: || Value::Null,
    },
    Case {
        operation: "list_question_set_results",
        parameters: &[("id", QUESTION_SET), ("run_id", QUESTION_SET_RUN)],
        body: || Value::Null,
    },
    Case {
        operation: "delete_question_set_item",
        parameters: &[("id", QUESTION_SET), ("item_id", QUESTION_SET_ITEM)],
        body: || Value::Null,
    },
    Case {
        operation: "delete_question_set",
        parameters: &[("id", QUESTION_SET)],
        body: || Value::Null,
    },
    Case {
        operation: "read_sla_policy",
        parameters: &[("id", SLA_POLICY)],
        body: || Value::Null,
    },
    Case {
        operation: "change_sla_policy",
        parameters: &[("id", SLA_POLICY)],
        body: || json!({"description": "changed"}),
    },
    Case {
        operation: "delete_sla_policy",
        parameters: &[("id", SLA_POLICY)],
        body: || Value::Null,
    },
    Case {
        operation: "read_custom_attribute",
        parameters: &[("id", CUSTOM_ATTRIBUTE)],
        body: || Value::Null,
    },
    Case {
        operation: "change_custom_attribute",
        parameters: &[("id", CUSTOM_ATTRIBUTE)],
        body: || json!({"label": "changed"}),
    },
    Case {
        operation: "delete_custom_attribute",
        parameters: &[("id", CUSTOM_ATTRIBUTE)],
        body: || Value::Null,
    },
    Case {
        operation: "read_intent_pattern",
        parameters: &[("id", INTENT_PATTERN)],
        body: || Value::Null,
    },
    Case {
        operation: "change_intent_pattern",
        parameters: &[("id", INTENT_PATTERN)],
        body: || json!({"patterns": ["changed"]}),
    },
    Case {
        operation: "delete_intent_pattern",
        parameters: &[("id", INTENT_PATTERN)],
        body: || Value::Null,
    },
    Case {
        operation: "read_knowledge_category",
        parameters: &[("id", KNOWLEDGE_CATEGORY)],
        body: || Value::Null,
    },
    Case {
        operation: "change_knowledge_category",
        parameters: &[("id", KNOWLEDGE_CATEGORY)],
        body: || json!({"description": "changed"}),
    },
    Case {
        operation: "delete_knowledge_category",
        parameters: &[("id", KNOWLEDGE_CATEGORY)],
        body: || Value::Null,
    },
    Case {
        operation: "read_knowledge_item",
        parameters: &[("id", KNOWLEDGE_ITEM)],
        body: || Value::Null,
    },
    Case {
        operation: "change_knowledge_item",
        parameters: &[("id", KNOWLEDGE_ITEM)],
        body: || json!({"content": "changed"}),
    },
    Case {
        operation: "delete_knowledge_item",
        parameters: &[("id", KNOWLEDGE_ITEM)],
        body: || Value::Null,
    },
    Case {
        operation: "read_workflow",
        parameters: &[("id", WORKFLOW)],
        body: || Value::Null,
    },
    Case {
        operation: "change_workflow",
        parameters: &[("id", WORKFLOW)],
        body: || json!({"description": "changed"}),
    },
    Case {
        operation: "delete_workflow",
        parameters: &[("id", WORKFLOW)],
        body: || Value::Null,
    },
    Case {
        operation: "read_webhook",
        parameters: &[("id", WEBHOOK)],
        body: || Value::Null,
    },
    Case {
        operation: "change_webhook",
        parameters: &[("id", WEBHOOK)],
        body: || json!({"is_active": false}),
    },
    Case {
        operation: "delete_webhook",
        parameters: &[("id", WEBHOOK)],
        body: || Value::Null,
    },
    Case {
        operation: "list_team_members",
        parameters: &[("id", TEAM)],
        body: || Value::Null,
    },
    Case {
        operation: "add_team_member",
        parameters: &[("id", TEAM)],
        body: || json!({"user_id": Uuid::nil()}),
    },
    Case {
        operation: "remove_team_member",
        parameters: &[("id", TEAM), ("user_id", TEAM_MEMBER)],
        body: || Value::Null,
    },
    Case {
        operation: "render_canned_response",
        parameters: &[("id", CANNED_RESPONSE)],
        body: || json!({}),
    },
    Case {
        operation: "read_knowledge_scan",
        parameters: &[("id", KNOWLEDGE_SCAN)],
        body: || Value::Null,
    },
    Case {
        operation: "cancel_knowledge_scan",
        parameters: &[("id", KNOWLEDGE_SCAN)],
        body: || Value::Null,
    },
    Case {
        operation: "list_knowledge_scan_pages",
        parameters: &[("id", KNOWLEDGE_SCAN)],
        body: || Value::Null,
    },
    Case {
        operation: "list_knowledge_versions",
        parameters: &[("id", KNOWLEDGE_ITEM)],
        body: || Value::Null,
    },
    Case {
        operation: "publish_knowledge_item",
        parameters: &[("id", KNOWLEDGE_ITEM)],
        body: || Value::Null,
    },
    Case {
        operation: "archive_knowledge_item",
        parameters: &[("id", KNOWLEDGE_ITEM)],
        body: || Value::Null,
    },
    Case {
        operation: "restore_knowledge_version",
        parameters: &[("id", KNOWLEDGE_ITEM), ("version", VERSION)],
        body: || Value::Null,
    },
    Case {
        operation: "read_availability",
        parameters: &[("user_id", MEMBER)],
        body: || Value::Null,
    },
    Case {
        operation: "change_availability",
        parameters: &[("user_id", MEMBER)],
        body: || json!({"status": "away"}),
    },
    Case {
        operation: "read_attachment",
        parameters: &[("id", FILE)],
        body: || Value::Null,
    },
    Case {
        operation: "download_attachment",
        parameters: &[("id", FILE)],
        body: || Value::Null,
    },
    Case {
        operation: "read_article_suggestion",
        parameters: &[("id", ARTICLE_SUGGESTION)],
        body: || Value::Null,
    },
    Case {
        operation: "accept_article_suggestion",
        parameters: &[("id", ARTICLE_SUGGESTION)],
        body: || json!({"publish": true}),
    },
    Case {
        operation: "reject_article_suggestion",
        parameters: &[("id", ARTICLE_SUGGESTION)],
        body: || Value::Null,
    },
    Case {
        operation: "retry_attachment",
        parameters: &[("id", FILE)],
        body: || Value::Null,
    },
    Case {
        operation: "delete_attachment",
        parameters: &[("id", FILE)],
        body: || Value::Null,
    },
    Case {
        operation: "export_customer",
        parameters: &[("id", CUSTOMER)],
        body: || Value::Null,
    },
];
