//! Regular jobs: each by one process an interval, and a failing one stops no other.

use romashka_tests::{Api, TestDatabase, api};

use crate::provider::until;

#[tokio::test]
async fn every_job_runs_once_for_several_processes_and_a_failing_one_stops_no_other() {
    let database = TestDatabase::new().await;
    database
        .owner()
        .batch_execute(
            "create or replace function public.expire_transfers(batch_size integer default 500) returns integer language plpgsql set search_path = '' as $$
             begin raise exception 'broken for a test'; end $$",
        )
        .await
        .expect("a job that fails");
    let first = Api::over(database, api::settings()).await;
    let others = [api_beside(&first).await, api_beside(&first).await];
    // All regular jobs, and the plan of the reports.
    until(
        &first,
        "select count(*) from romashka.scheduled_jobs where runs > 0",
        15_i64,
    )
    .await;
    until(
        &first,
        "select string_agg(name, ',') from romashka.scheduled_jobs where failures > 0",
        "expire_transfers".to_owned(),
    )
    .await;
    // Three processes have looked several times; the jobs of an hour and of minutes ran once.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    until(
        &first,
        "select max(runs) from romashka.scheduled_jobs where name in ('apply_retention', 'forget_expired', 'refresh_daily_metrics', 'cleanup_expired_metrics')",
        1_i64,
    )
    .await;
    for other in others {
        other.stop().await;
    }
}

#[tokio::test]
async fn figures_are_taken_of_each_workspace_by_itself() {
    let database = TestDatabase::new().await;
    let mut workspaces = Vec::new();
    for slug in ["first", "broken", "last"] {
        workspaces.push(database.create_workspace(slug).await);
    }
    database
        .owner()
        .batch_execute(&format!(
            "alter table public.realtime_metrics add constraint broken_for_a_test check (workspace_id <> '{}')",
            workspaces[1]
        ))
        .await
        .expect("a workspace that fails");
    let api = Api::over(database, api::settings()).await;
    until(
        &api,
        "select count(*) from romashka.scheduled_jobs where name = 'refresh_realtime_metrics' and failures > 0 and last_error is not null",
        1_i64,
    )
    .await;
    // Two workspaces have their figures, written by two transactions.
    until(
        &api,
        "select count(distinct m.xmin::text) from public.realtime_metrics as m join public.workspaces as w on w.id = m.workspace_id where w.slug in ('first', 'last')",
        2_i64,
    )
    .await;
}

/// Another server on the same database.
async fn api_beside(first: &Api) -> romashka_server::Serving {
    use romashka_db::envelope::{Key, Keyring};
    use romashka_db::settings::{Origin, Settings};
    let target = Settings::parse(&first.database.url(), Origin::Option, &|_| None).expect("a URL");
    let keys = Keyring::new(Key::generate(), Vec::new());
    romashka_server::serve(api::settings(), &target, keys)
        .await
        .expect("a server")
}
