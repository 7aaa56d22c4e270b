//! Websites into the knowledge: a real server, a real database, and sites on loopback with traps.

mod in_step;
mod orders;
mod polite;
mod site;
mod stage;
mod traps;

use site::{Reply, html};

const ARTICLES: &str = "select coalesce(string_agg(concat_ws('|', substring(source_url from '\\d+(/.*)$'), title, status, audience, language, version), e'\\n' order by source_url), '')
  from public.knowledge_items where source_type = 'url'";

/// Words that no other number gives.
fn prose(number: usize, words: usize) -> String {
    (0..words)
        .map(|word| format!("word{}x{number} ", word * 7))
        .collect()
}

fn tagged(body: &str, etag: &str) -> Reply {
    let mut page = html(body);
    page.headers.push(("etag", format!("\"{etag}\"")));
    page
}
