//! The routes together, and what holds for every answer: problems, headers, limits, the log.

use std::{panic::AssertUnwindSafe, sync::LazyLock, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use utoipa::{
    OpenApi, ToSchema as _,
    openapi::{
        Content, Ref, RefOr, Required, ResponseBuilder, Schema,
        request_body::RequestBody,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    auth, bands, bans, described::describe, health, limits, me, members, people, problem::problem_response, quota,
    routes::Routes, site,
};
use crate::{
    api::{BandScope, Code, InviteSort, PROBLEM_JSON, Problem},
    server::{App, web},
};

/// The most bytes that a request's body can have.
const BODY_LIMIT: usize = 1024 * 1024;
/// The most bytes that a page's form can have.
const PAGE_BODY_LIMIT: usize = 64 * 1024;
/// The longest that a request may take, its body included.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(OpenApi)]
#[openapi(
    info(title = "guestlist", description = "Invitations for bands. Errors are RFC 9457 problems with a stable code."),
    // What only parameters name is found nowhere else.
    components(schemas(Problem, BandScope, InviteSort)),
    security(("bearer" = []))
)]
struct Document;

/// Every route of the API, relative to its base path.
fn api() -> Routes {
    Routes::new()
        .merge(site::routes())
        .merge(auth::routes())
        .merge(me::routes())
        .merge(bands::routes())
        .merge(members::routes())
        .merge(bans::routes())
        .merge(super::blocks::routes())
        .merge(super::tree::routes())
        .merge(quota::routes())
        .merge(people::routes())
        .merge(super::invites::routes())
        .merge(super::bulk::routes())
        .merge(super::actions::routes())
        .merge(super::requests::routes())
        .merge(super::templates::routes())
        .merge(super::codes::routes())
        .merge(super::campaigns::routes())
        .merge(super::guests::routes())
        .merge(super::calendar::routes())
        .merge(super::stats::routes())
        .merge(super::audit::routes())
}

/// The description of the API, as `OpenAPI`.
pub(super) fn described() -> String {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let described = OpenApiRouter::<App>::with_openapi(document).nest("/api/v1", api().described());
    let mut document = described.into_openapi();
    complete_operations(&mut document);
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    describe(&mut document);
    document.to_string()
}

/// The whole server as a service: the API under `/api/v1`, its description, health, and the page behind a link.
pub fn router(app: App) -> Router {
    let limits = limits::Limits::new(app.settings());
    let routes = Router::new()
        .nest("/api/v1", api().router())
        .route("/openapi.json", get(description))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .fallback(async || problem_response(&Problem::new(Code::NotFound, "There is nothing at this address.")))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    let routes = match &limits {
        Some(limits) => routes.layer(from_fn_with_state(limits.clone(), limits::limit)),
        None => routes,
    };
    let routes = routes.layer(Extension(limits));
    let routes: Router = routes.layer(from_fn_with_state(app.clone(), frame)).with_state(app.clone());
    let pages = web::routes()
        .layer(DefaultBodyLimit::max(PAGE_BODY_LIMIT))
        .layer(Extension(web::Api::new(routes.clone())))
        .layer(from_fn_with_state(app.clone(), frame));
    routes.merge(pages.with_state(app))
}

/// What holds for every operation: functions are named in their files, operations in the whole document
/// (`invites_list`), and whatever is refused is a problem.
fn complete_operations(document: &mut utoipa::openapi::OpenApi) {
    let problem = Content::new(Some(Ref::from_schema_name(Problem::name())));
    let refused = ResponseBuilder::new().content(PROBLEM_JSON, problem).build();
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten();
        for operation in operations {
            let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
            operation.operation_id = operation.operation_id.take().map(|name| format!("{tag}_{name}"));
            operation.responses.responses.insert("default".to_owned(), RefOr::T(refused.clone()));
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                complete_body(body);
            }
        }
    }
}

/// A body that can be left out is written as one that can be null, too. It cannot.
fn complete_body(body: &mut RequestBody) {
    let mut is_required = true;
    for content in body.content.values_mut() {
        let RefOr::T(Content { schema: Some(schema), .. }) = content else { continue };
        let RefOr::T(Schema::OneOf(either)) = schema else { continue };
        if let Some(one) = either.items.iter().find(|one| matches!(one, RefOr::Ref(_))) {
            (*schema, is_required) = (one.clone(), false);
        }
    }
    body.required = Some(if is_required { Required::True } else { Required::False });
}

/// The description, made when it is first asked for.
async fn description() -> Response {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(described()));
    ([(header::CONTENT_TYPE, "application/json")], TEXT.clone()).into_response()
}

/// Around every request: a time limit, panics as problems, the framework's own refusals as problems, headers, the log.
/// The log names the route, never the address: an address can hold a token.
async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let id = format!("{:016x}", u64::from_be_bytes(app.random()));
    let reads_pages = web::reads(request.uri().path(), request.headers());
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = match tokio::time::timeout(REQUEST_LIMIT, run).await {
        Ok(Ok(response)) => as_problem(response).await,
        Ok(Err(_)) => problem_response(&Problem::new(
            Code::Internal,
            "The server made a mistake and has written it to its log. Look at the current state before trying again.",
        )),
        Err(_) => problem_response(&Problem::new(
            Code::RequestTimeout,
            "The request took too long. Look at the current state before trying again.",
        )),
    };
    let response = if reads_pages { as_page(&app, response).await } else { response };
    let response = with_headers(response, &id);
    let took = started.elapsed();
    app.metrics().answered(&method, &route, response.status(), took);
    tracing::info!(
        %method,
        route,
        status = response.status().as_u16(),
        ms = took.as_millis() as u64,
        request = id,
        "request"
    );
    response
}

fn with_headers(mut response: Response, id: &str) -> Response {
    let status = response.status();
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // A poll's answer without a body is the most frequent of all: what is not needed is not sent.
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// A problem as a page, with all that its headers say but what it is.
async fn as_page(app: &App, response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE).is_none_or(|media| media != PROBLEM_JSON) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let written = serde_json::from_slice(&text).ok().and_then(|problem| web::problem(app, &problem).ok());
    let Some(mut page) = written else { return Response::from_parts(parts, Body::from(text)) };
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// The framework's own refusals as problems. `Allow` is kept.
async fn as_problem(response: Response) -> Response {
    let status = response.status();
    // Of many rows none came to an invite: their results are told as JSON, and nothing else that is refused.
    // A person who opened a page reads a page.
    let is_told = |media: &HeaderValue| {
        let media = media.as_bytes();
        media == PROBLEM_JSON.as_bytes()
            || media.starts_with(b"text/html")
            || status == StatusCode::UNPROCESSABLE_ENTITY && media == b"application/json"
    };
    let already = response.headers().get(header::CONTENT_TYPE).is_some_and(is_told);
    if already || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(Body::new(body), 4096).await.unwrap_or_default();
    let problem = match status {
        // The framework says 400 to an address whose parts do not parse: nothing can be there.
        StatusCode::BAD_REQUEST if text.starts_with(b"Invalid URL") || text.starts_with(b"Invalid UTF-8") => {
            Problem::new(Code::NotFound, "There is nothing at this address.")
        }
        StatusCode::BAD_REQUEST => Problem::new(Code::BadRequest, "The request's query cannot be read."),
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(Code::MethodNotAllowed, "This address does not take that method; Allow names those it takes.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::PayloadTooLarge, "The body is larger than this server takes.")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(Code::UnsupportedMediaType, "Send the body as application/json.")
        }
        status if status.is_client_error() => Problem::new(Code::BadRequest, "The request cannot be read."),
        _ => Problem::new(Code::Internal, "The server made a mistake and has written it to its log."),
    };
    let mut answer = problem_response(&problem);
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

#[cfg(test)]
mod tests {
    use axum::{body::Bytes, extract::Path, routing::post};
    use tower::ServiceExt as _;

    use super::*;
    use crate::{
        domain::BandId,
        server::{
            Key, Settings, SystemClock, SystemEntropy,
            store::{Database, Options, Store},
        },
    };

    #[tokio::test]
    async fn panics_malformed_ids_and_large_bodies_are_problems() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::new(Database::Sqlite(folder.path().join("guestlist.db")))).unwrap();
        let settings = Settings::default();
        let app = App::new(store, settings, Key::new(&[7; 32]).unwrap(), SystemClock, SystemEntropy::new());
        let routes: Router = Router::new()
            .route("/panic", post(async || -> StatusCode { panic!("on purpose") }))
            .route("/json", post(async || (StatusCode::BAD_REQUEST, axum::Json(true))))
            .route("/bands/{id}", post(async |Path(_): Path<BandId>| StatusCode::NO_CONTENT))
            .route("/body", post(async |_: Bytes| StatusCode::NO_CONTENT))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(from_fn_with_state(app, frame));
        for (path, size, code) in [
            ("/panic", 0, Some("internal")),
            ("/json", 0, Some("bad_request")),
            ("/bands/7", 0, Some("not_found")),
            ("/body", BODY_LIMIT + 1, Some("payload_too_large")),
            ("/body", BODY_LIMIT, None),
        ] {
            let request = Request::post(path).body(Body::from(vec![b' '; size])).unwrap();
            let response = routes.clone().oneshot(request).await.unwrap();
            let text = to_bytes(response.into_body(), BODY_LIMIT).await.unwrap();
            let problem: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
            assert_eq!(problem.as_ref().and_then(|problem| problem["code"].as_str()), code, "{path}");
        }
    }
}
