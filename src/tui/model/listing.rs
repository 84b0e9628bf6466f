//! A list of the server over the panes, as it is open now.

use std::collections::BTreeMap;

use super::{List, Outline};
use crate::{
    domain::{BandId, CampaignId},
    tui::{
        listing::{Entry, EntryId, Topic},
        trail::TrailFilter,
    },
};

/// A list over the panes.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Which list.
    pub topic: Topic,
    /// Tells it from the same list opened before: answers to that one are dropped.
    pub serial: u64,
    /// The band that it is of.
    pub band: Option<BandId>,
    /// What is held of it.
    pub list: List<Entry>,
    /// Marked rows, as they were when they were marked: they may have left the window since.
    pub marked: BTreeMap<EntryId, Entry>,
    /// Which of its filters holds, by its place.
    pub narrowed: usize,
    /// What the audit trail is narrowed to.
    pub trail: TrailFilter,
    /// The batch whose codes it shows, and what it is called.
    pub batch: Option<(CampaignId, String)>,
    /// What batches of codes are called, as far as is known.
    pub batches: Vec<(CampaignId, String)>,
    /// What is unfolded, where rows unfold.
    pub outline: Outline,
    /// Lines scrolled off the top, where it is a page to be read.
    pub scroll: u16,
    /// Why it cannot be had.
    pub problem: Option<String>,
}

impl Listing {
    /// A list that nothing is known of yet.
    pub fn new(topic: Topic, serial: u64, band: Option<BandId>) -> Self {
        Self {
            topic,
            serial,
            band,
            list: List::default(),
            marked: BTreeMap::new(),
            narrowed: 0,
            trail: TrailFilter::default(),
            batch: None,
            batches: Vec::new(),
            outline: Outline::default(),
            scroll: 0,
            problem: None,
        }
    }

    /// Whether not all of it is shown.
    pub fn is_narrowed(&self) -> bool {
        self.narrowed > 0 || !self.trail.is_empty()
    }

    /// All of it is shown again.
    pub fn widen(&mut self) {
        self.narrowed = 0;
        self.trail = TrailFilter::default();
    }

    /// The word of the filter that holds, for lists that have any.
    pub fn filter(&self) -> Option<&'static str> {
        self.topic.listed().filters().get(self.narrowed).copied()
    }
}

/// A row of a list in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Of which list.
    pub topic: Topic,
    /// The row, as the list last had it.
    pub entry: Entry,
    /// Lines scrolled off the top.
    pub scroll: u16,
}
