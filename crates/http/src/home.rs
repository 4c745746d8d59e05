//! The home page: what this is, where things are, and, for a demo, requests to paste.

use std::net::SocketAddr;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use fhir::Instant;

use crate::app::{Authentication, State};
use crate::credentials::local_only;

/// The invented people and facilities of a demo database.
#[derive(Debug, Clone, Default)]
pub struct DemoInfo {
    /// Who a newcomer may be.
    pub callers: Vec<DemoCaller>,
}

/// Somebody whose part a newcomer can take.
#[derive(Debug, Clone)]
pub struct DemoCaller {
    /// Name and role in Vietnamese.
    pub vietnamese: String,
    /// Name and role in English.
    pub english: String,
    /// What the token is for.
    pub grant: auth::Grant,
    /// A path below the FHIR base that is worth asking for.
    pub path: String,
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1rem;color:#1a2b33;\
background:#fff}h1{font-size:1.6rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2rem}p.en{color:#4a5b63}\
pre{background:#f1f5f6;padding:.75rem;overflow-x:auto;border-radius:.4rem}a{color:#00617a}\
.demo{border-left:4px solid #00617a;padding-left:.75rem}";

/// `GET /`
pub(crate) async fn home(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let mut page = format!(
        "<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Healthbook</title>\
         <style>{STYLE}</style></head><body><main><h1>Healthbook</h1>\
         <p>Sổ sức khỏe điện tử: mỗi người dân một cuốn sổ suốt đời, giao diện FHIR R4.</p>\
         <p class=\"en\" lang=\"en\">An electronic health book: one lifelong book per citizen, with a FHIR R4 API.</p>\
         <ul><li><a href=\"/docs\">/docs</a> – hướng dẫn <span lang=\"en\">(guides, reference, errors)</span></li>\
         <li><a href=\"/fhir/metadata\">/fhir/metadata</a> – CapabilityStatement</li>\
         <li><a href=\"/health/ready\">/health/ready</a> – trạng thái <span lang=\"en\">(is it ready?)</span></li>\
         <li><a href=\"/metrics\">/metrics</a> – số đo <span lang=\"en\">(figures, OpenMetrics)</span></li></ul>"
    );
    page.push_str(&demo(&state, &request).await);
    page.push_str("</main></body></html>");
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page)
}

/// The part of a page about the invented people, with tokens for who asks from this machine; nothing without a demo.
pub(crate) async fn demo(state: &State, request: &HttpRequest) -> String {
    let headers = request.headers();
    // A proxy in front makes everybody a neighbour; another name that leads here may be a page from elsewhere.
    let is_direct = !["forwarded", "x-forwarded-for", "via"].iter().any(|name| headers.contains_key(*name));
    let is_local =
        is_direct && local_only(headers).is_ok() && peer_is_local(request.peer_addr(), state.address);
    match (&state.app.demo, is_local) {
        (Some(demo), true) => demo_part(demo, &state.app.authentication, state.app.service.base()).await,
        (Some(_), false) => "<p class=\"demo\">Máy chủ này chứa dữ liệu giả lập. \
            <span lang=\"en\">This server holds invented data.</span></p>"
            .to_owned(),
        (None, _) => String::new(),
    }
}

/// Tokens of invented people are shown on this machine only.
fn peer_is_local(peer: Option<SocketAddr>, own: SocketAddr) -> bool {
    peer.is_some_and(|peer| peer.ip().is_loopback()) && own.ip().is_loopback()
}

async fn demo_part(demo: &DemoInfo, authentication: &Authentication, base: &str) -> String {
    let mut out = String::from(
        "<h2 class=\"demo\">Dữ liệu giả lập <span lang=\"en\">– invented people</span></h2>\
         <p>Dán vào cửa sổ lệnh; mã truy cập có hiệu lực 10 phút, tải lại trang để lấy mã mới. \
         <span lang=\"en\">Paste into a terminal; a token lasts 10 minutes, reload for a new one.</span></p>",
    );
    for caller in &demo.callers {
        out.push_str(&format!(
            "<h2>{}</h2><p class=\"en\" lang=\"en\">{}</p><pre>curl -s {}'{}/{}'</pre>",
            escape(&caller.vietnamese),
            escape(&caller.english),
            escape(&authorization(caller, authentication).await),
            escape(base),
            escape(&caller.path)
        ));
    }
    out
}

async fn authorization(caller: &DemoCaller, authentication: &Authentication) -> String {
    match authentication {
        Authentication::Off => String::new(),
        Authentication::On(auth) => {
            let now = Instant::now();
            match auth.hand_out(&caller.grant, "demo page", now, auth::LONGEST_LIFETIME).await {
                Ok(token) => format!("-H 'Authorization: Bearer {token}' "),
                Err(_) => String::new(),
            }
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_local_peer_of_a_local_server_sees_tokens() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(peer_is_local(Some(address("127.0.0.1:5")), address("127.0.0.1:8080")));
        assert!(!peer_is_local(Some(address("10.0.0.1:5")), address("127.0.0.1:8080")));
        assert!(!peer_is_local(Some(address("127.0.0.1:5")), address("0.0.0.0:8080")));
        assert!(!peer_is_local(None, address("127.0.0.1:8080")));
    }
}
