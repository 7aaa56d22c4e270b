//! The visitor of a site, through the API: what he may, from which pages, and that nothing else reaches him.

mod pages;
mod stream;
mod talk;

use reqwest::Method;
use romashka_tests::api::Answer;
use romashka_tests::{Api, explain, value};
use serde_json::Value;
use uuid::Uuid;

const MESSAGE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A workspace with a widget for `shop.example`; returns both and the path of the widget.
async fn site(api: &Api, slug: &str) -> (Uuid, Uuid, String) {
    let workspace = api.database.create_workspace(slug).await;
    let owner = api.database.owner();
    let made = owner
        .query_one(
            "insert into public.widget_configurations (workspace_id, widget_name, allowed_domains, configuration, custom_js)
             values ($1, 'Shop', '{shop.example}', '{\"color\": \"#0a7\"}', 'alert(1)') returning id",
            &[&workspace],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let widget: Uuid = made.get(0);
    let token: String = value(
        owner,
        &format!("select public.widget_token('{widget}', '{workspace}')"),
    )
    .await;
    (workspace, widget, format!("/website/{token}"))
}

/// One more widget in a workspace, without a channel either.
async fn one_more_widget(api: &Api, workspace: Uuid) -> String {
    let sql = format!(
        "with made as (insert into public.widget_configurations (workspace_id, widget_name) values ('{workspace}', 'Help') returning id)
         select id from made"
    );
    let id: Uuid = value(api.database.owner(), &sql).await;
    let token: String = value(
        api.database.owner(),
        &format!("select public.widget_token('{id}', '{workspace}')"),
    )
    .await;
    format!("/website/{token}")
}

async fn from_page(api: &Api, method: Method, path: &str, origin: &str) -> Answer {
    let nobody = api.nobody();
    let request = nobody
        .request(method, &format!("/api/v1{path}"))
        .header("origin", origin);
    nobody.send(request).await
}

async fn new_visitor(api: &Api, widget: &str) -> String {
    let begun = api
        .nobody()
        .post(&format!("{widget}/visitors"), &Value::Null)
        .await
        .expect(201);
    begun.body["visitor_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

fn texts(answer: &Answer) -> Vec<(&str, &str)> {
    let rows = answer.body["data"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["created_at"].is_string()));
    rows.iter()
        .map(|row| {
            (
                row["sender_type"].as_str().unwrap_or_default(),
                row["content"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}
