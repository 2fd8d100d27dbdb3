//! Errors as GitHub words them, pages, and entity tags.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Scene;
use super::http::{Answer, Request};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// JSON.
pub(super) fn json(status: u16, body: &Value) -> Answer {
    Answer::bytes(status, body.to_string()).with("Content-Type", "application/json; charset=utf-8")
}

/// Nothing to say.
pub(super) fn done() -> Answer {
    Answer::bytes(204, Vec::new())
}

/// An error with its sentence.
pub(super) fn error(status: u16, message: &str) -> Answer {
    json(status, &json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.to_string() }))
}

/// 422 with one of GitHub's own sentences below "Validation Failed".
pub(super) fn invalid(message: &str) -> Answer {
    let errors = json!([{ "resource": "", "code": "custom", "message": message }]);
    json(422, &json!({ "message": "Validation Failed", "errors": errors, "documentation_url": DOCUMENTATION }))
}

/// One page of a list, with `Link` where there are more.
pub(super) fn page(scene: &Scene<'_>, url: &str, items: &[Value]) -> Answer {
    let asked = |name: &str, usual: usize| {
        scene.request.query.get(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(usual)
    };
    let size = asked("per_page", 30).clamp(1, 100);
    let page = asked("page", 1).max(1);
    let from = (page - 1).saturating_mul(size).min(items.len());
    let to = from.saturating_add(size).min(items.len());
    let answer = json(200, &json!(items[from..to]));
    let last = items.len().div_ceil(size).max(1);
    if page >= last {
        return answer;
    }
    let at = |page: usize| {
        let mut query = scene.request.query.clone();
        query.insert("page".to_owned(), page.to_string());
        address(url, &scene.request.path, &query)
    };
    answer.with("Link", format!("<{}>; rel=\"next\", <{}>; rel=\"last\"", at(page + 1), at(last)))
}

/// An address with a query.
pub(super) fn address(url: &str, path: &str, query: &std::collections::BTreeMap<String, String>) -> String {
    let escaped =
        |text: &str| text.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace(' ', "%20");
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    format!("{url}{path}?{}", pairs.join("&"))
}

/// A pull request as it is right after a push: nobody knows yet whether it can be merged.
pub(super) fn undecided(mut answer: Answer) -> Answer {
    let mut pull: Value = serde_json::from_slice(&answer.body).expect("it is ours");
    pull["mergeable"] = Value::Null;
    answer.body = pull.to_string().into_bytes();
    answer
}

/// A read gets an entity tag, and 304 where the asker has this very answer.
pub(super) fn tagged(request: &Request, answer: Answer) -> Answer {
    if request.method != "GET" || answer.status != 200 {
        return answer;
    }
    let tag = format!("W/\"{}\"", hex::encode(Sha256::digest(&answer.body)));
    if request.header("if-none-match") == tag {
        return Answer::bytes(304, Vec::new()).with("ETag", tag);
    }
    answer.with("ETag", tag)
}
