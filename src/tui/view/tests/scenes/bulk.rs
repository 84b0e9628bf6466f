//! A list of people to invite at once.

use serde_json::Value;

use super::{Scene, over_panes};
use crate::{
    api::{RowResult, RowStatus},
    tui::{
        forms,
        model::{Bulk, Model, Overlay, RequestId, RowState, Run, TextField},
        sample::{self, band_id},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("bulk-source", |size| {
        let mut bulk = Bulk::new(band_id(1));
        bulk.path = TextField::new("~/Documents/choir and friends, spring.csv");
        bulk.problem = Some("~/Documents/choir and friends, spring.csv cannot be read: no such file.".to_owned());
        over(size, bulk)
    }),
    ("bulk", |size| {
        let mut bulk = list();
        bulk.selected = 2;
        over(size, bulk)
    }),
    ("bulk-editing", |size| {
        let mut bulk = list();
        bulk.selected = 2;
        bulk.edit(1);
        over(size, bulk)
    }),
    ("bulk-running", |size| {
        let mut bulk = list();
        bulk.run = Some(run(Some(RequestId(1))));
        over(size, bulk)
    }),
    ("bulk-doubt", |size| {
        let mut bulk = list();
        bulk.run = Some(run(None));
        bulk.problem = Some("https://invites.example.org did not answer in time.".to_owned());
        over(size, bulk)
    }),
    ("bulk-terms", |size| {
        let bulk = list();
        let mut model = over(size, bulk);
        let mut form = model.chosen_band().map(|band| forms::bulk_terms(band, &crate::tui::model::Terms::default()));
        if let Some(form) = &mut form {
            form.knows_campaigns(vec![sample::campaign(2)]);
            form.begin_with("campaign_id", &sample::campaign(2).id.to_string());
        }
        model.overlays.extend(form.map(Overlay::Form));
        model
    }),
    ("help-bulk", |size| {
        let mut model = over(size, list());
        model.overlays.push(Overlay::Help { scroll: 0 });
        model
    }),
];

fn over(size: (u16, u16), bulk: Bulk) -> Model {
    over_panes(size, Overlay::Bulk(Box::new(bulk)))
}

fn run(sending: Option<RequestId>) -> Run {
    Run {
        dry: false,
        then_ask: false,
        to_come: (0..2_000).collect(),
        chunk: (0..1_000).collect(),
        attempt: 1,
        sending,
        stopping: false,
        total: 4_000,
        answered: 1_000,
        made: 990,
    }
}

fn list() -> Bulk {
    let mut text = "email,name,role,city\nkim@example.org,Kim Lee,admin,Oslo\n田中@example.jp,田中 ゆき,member,\n\
                    joe@@example.org,Joe with a name that is rather long,,\n@sam,Sam,,\n,table one,,\n"
        .to_owned();
    for n in 0..40 {
        text.extend([format!("guest{n}@example.org,Guest {n},,\n")]);
    }
    let mut bulk = Bulk::new(band_id(1));
    bulk.take(text.into_bytes()).unwrap();
    bulk.selected = 0;
    let result = |status, detail: Option<&str>| {
        Box::new(RowResult {
            row: 0,
            input: Value::Null,
            status,
            invite_id: None,
            link: None,
            detail: detail.map(str::to_owned),
        })
    };
    bulk.rows[0].state = RowState::Made(result(RowStatus::Created, None));
    bulk.rows[3].state = RowState::Refused(result(RowStatus::AlreadyMember, Some("@sam is in the band already")));
    bulk.rows[4].state = RowState::Ready;
    bulk
}
