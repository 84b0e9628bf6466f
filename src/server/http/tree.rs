//! `/bands/{id}/tree`.

use axum::{
    extract::{Path, State},
    response::Response,
};

use crate::{
    api::Tree,
    server::{
        App, Refused,
        bands::{self, Under},
        page::Listed,
        store::Tx,
    },
};

use super::{
    bands::band_id,
    caller::Caller,
    etag::Known,
    query::{Keys, only, page, read_key},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(tree))
}

/// Who brought whom: every member is a node, those who came in first before the others; for the band's members.
///
/// `under` gives one branch; that of `nobody` are those who hang on nobody there is: the founder, who came in by themselves, and
/// whose inviter has left since (`inviter_left`). Who has left or was removed is no node. Those whom they brought stay, name
/// them in `invited_by`, and are found `under` their id, too. Who comes back is a node again, by what brought them this time,
/// with the branch they had: so two people can have brought each other, and a client that unfolds branches draws each node once.
/// Below `nobody` and what unfolds from there every member is found.
///
/// `brought` counts members: all `brought` together are the nodes with an inviter who is in the band. In a band of thousands
/// a page of `nobody` can be short, or empty, and have a `next_cursor` all the same.
#[utoipa::path(
    get, path = "/bands/{id}/tree", tag = "tree",
    params(
        ("id" = String, Path),
        ("under" = Option<String>, Query, description = "the id of an account: those whom it brought; or nobody"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 by default"),
        ("cursor" = Option<String>, Query, description = "out of an earlier answer, or `last`"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = Tree), (status = 304, description = "Nothing has changed"))
)]
async fn tree(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["under", "limit", "cursor"])?;
    let branch: Option<Under> = read_key(&keys, "under")?;
    let (band, page) = (band_id(&id)?, page(&keys, Listed::Tree)?);
    let list = move |tx: &mut Tx<'_>, access| bands::tree(tx, band, &access, branch, page);
    known.list(&app, band, caller, list).await
}
