//! Routes, each with the way to what is told of it in `OpenAPI`: what is told is made when somebody asks for it. A server
//! that describes itself at its start holds several megabytes of descriptions that hardly anybody reads.

use axum::{Router, routing::MethodRouter};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::limits::TOKEN;
use crate::server::App;

/// Tells of the operations at one path.
type Describe = fn() -> UtoipaMethodRouter<App>;

/// The operations at one path; made by [`routes!`].
pub(crate) struct Route {
    /// The path below the API's base path.
    pub(crate) path: String,
    /// What serves it, by method.
    pub(crate) methods: MethodRouter<App>,
    /// What is told of it.
    pub(crate) describe: Describe,
}

/// Routes of the API, relative to its base path. The `routes` of each file gives those of its resource.
pub(crate) struct Routes {
    router: Router<App>,
    described: Vec<Describe>,
}

impl Routes {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), described: Vec::new() }
    }

    /// With the operations at one more path. Where it has a token they also answer without one: an empty token is as
    /// unknown as any other.
    pub(crate) fn routes(mut self, route: Route) -> Self {
        self.described.push(route.describe);
        let without = route.path.replace(TOKEN, "");
        if without != route.path {
            self.router = self.router.route(&without, route.methods.clone());
        }
        Self { router: self.router.route(&route.path, route.methods), ..self }
    }

    /// With those of another resource.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.described.extend(other.described);
        Self { router: self.router.merge(other.router), ..self }
    }

    /// What serves them.
    pub(crate) fn router(self) -> Router<App> {
        self.router
    }

    /// What is told of them.
    pub(crate) fn described(self) -> OpenApiRouter<App> {
        self.described.iter().fold(OpenApiRouter::new(), |all, describe| all.routes(describe()))
    }
}

/// The operations at one path, named by their functions, each with `#[utoipa::path]`.
macro_rules! routes {
    ($first:ident $(, $more:ident)* $(,)?) => {
        utoipa_axum::paste! {{
            use utoipa::Path as _;
            use utoipa_axum::PathItemExt as _;
            let methods = axum::routing::MethodRouter::new();
            let methods = [<__path_ $first>]::methods()
                .iter()
                .fold(methods, |methods, method| methods.on(method.to_method_filter(), $first));
            $(
                let methods = [<__path_ $more>]::methods()
                    .iter()
                    .fold(methods, |methods, method| methods.on(method.to_method_filter(), $more));
            )*
            $crate::server::http::routes::Route {
                path: [<__path_ $first>]::path(),
                methods,
                describe: || utoipa_axum::routes!($first $(, $more)*),
            }
        }}
    };
}
pub(crate) use routes;
