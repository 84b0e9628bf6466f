//! The integration tests: one binary, a module a subject.

// In a test a panic is how to say no; clippy allows it by itself only inside of the test functions.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Every room here is private to this binary, `pub` says what another room uses.
#![allow(unreachable_pub)]

#[cfg(feature = "server")]
mod abuse;
#[cfg(feature = "server")]
mod accounts;
#[cfg(feature = "server")]
mod actions;
#[cfg(feature = "server")]
mod admin;
#[cfg(feature = "server")]
mod allowance;
#[cfg(feature = "server")]
mod approval;
#[cfg(feature = "server")]
mod arrivals;
#[cfg(feature = "server")]
mod audit;
#[cfg(feature = "server")]
mod authority;
#[cfg(feature = "server")]
mod authorization;
#[cfg(feature = "server")]
mod bands;
#[cfg(feature = "server")]
mod bans;
#[cfg(feature = "server")]
mod bounded;
#[cfg(feature = "server")]
mod browser;
#[cfg(feature = "server")]
mod bulk;
#[cfg(feature = "server")]
mod calendar;
#[cfg(feature = "server")]
mod campaigns;
mod client_faults;
#[cfg(feature = "server")]
mod codes;
mod commands;
mod config;
#[cfg(all(unix, feature = "server"))]
mod copy;
#[cfg(feature = "server")]
mod counts;
#[cfg(feature = "server")]
mod decisions;
#[cfg(feature = "server")]
mod decoding;
#[cfg(feature = "server")]
mod demo;
#[cfg(all(unix, feature = "server"))]
mod deploy;
#[cfg(feature = "server")]
mod described;
#[cfg(feature = "server")]
mod description;
#[cfg(feature = "server")]
mod doors;
#[cfg(feature = "server")]
mod ends;
#[cfg(feature = "server")]
mod forms;
#[cfg(all(unix, feature = "server"))]
mod hostile;
#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
mod invites;
#[cfg(feature = "server")]
mod junk;
#[cfg(feature = "server")]
mod kinds;
#[cfg(feature = "server")]
mod landing;
#[cfg(feature = "server")]
mod last_use;
#[cfg(feature = "server")]
mod limits;
#[cfg(feature = "server")]
mod lists;
#[cfg(feature = "server")]
mod local;
#[cfg(feature = "server")]
mod logs;
#[cfg(feature = "server")]
mod looks;
#[cfg(feature = "server")]
mod mail;
#[cfg(feature = "server")]
mod mail_check;
#[cfg(feature = "server")]
mod mail_nodes;
#[cfg(feature = "server")]
mod mail_server;
#[cfg(feature = "server")]
mod mail_stops;
#[cfg(feature = "server")]
mod mail_tls;
#[cfg(feature = "server")]
mod main_job;
#[cfg(feature = "server")]
mod me;
mod measured;
#[cfg(feature = "server")]
mod members;
#[cfg(feature = "server")]
mod metrics;
#[cfg(feature = "server")]
mod model;
#[cfg(feature = "server")]
mod names;
#[cfg(feature = "server")]
mod nodes;
#[cfg(feature = "server")]
mod notices;
#[cfg(feature = "server")]
mod once;
#[cfg(feature = "server")]
mod opt_out;
#[cfg(feature = "server")]
mod people;
#[cfg(all(unix, feature = "server"))]
mod pictures;
#[cfg(all(unix, feature = "server"))]
mod plain;
#[cfg(feature = "server")]
mod plan;
#[cfg(feature = "server")]
mod policy;
#[cfg(feature = "server")]
mod poll;
#[cfg(feature = "server")]
mod postgres;
#[cfg(feature = "server")]
mod presets;
#[cfg(feature = "server")]
mod process;
#[cfg(feature = "server")]
mod program;
#[cfg(feature = "server")]
mod proof;
#[cfg(all(unix, feature = "server"))]
mod proxy;
#[cfg(all(unix, feature = "server"))]
mod pty;
#[cfg(feature = "server")]
mod quota;
#[cfg(feature = "server")]
mod races;
#[cfg(feature = "server")]
mod registration;
#[cfg(feature = "server")]
mod reminders;
#[cfg(feature = "server")]
mod requests;
#[cfg(feature = "server")]
mod reset_page;
#[cfg(feature = "server")]
mod restore;
#[cfg(feature = "server")]
mod retention;
#[cfg(feature = "server")]
mod rights;
#[cfg(feature = "server")]
mod rows;
#[cfg(feature = "server")]
mod rules;
#[cfg(feature = "server")]
mod scale;
#[cfg(feature = "server")]
mod search;
#[cfg(feature = "server")]
mod secrets;
#[cfg(feature = "server")]
mod seed;
#[cfg(all(unix, feature = "server"))]
mod shell;
#[cfg(feature = "server")]
mod smtp;
#[cfg(all(unix, feature = "server"))]
mod soak;
#[cfg(feature = "server")]
mod startup;
#[cfg(feature = "server")]
mod stats;
#[cfg(feature = "server")]
mod store;
#[cfg(all(unix, feature = "server"))]
mod stories;
mod structure;
#[cfg(feature = "server")]
mod sweep;
#[cfg(feature = "server")]
mod tags;
#[cfg(feature = "server")]
mod templates;
#[cfg(all(unix, feature = "server"))]
mod terminal;
#[cfg(feature = "server")]
mod tree;
#[cfg(all(unix, feature = "server"))]
mod umask;
#[cfg(all(unix, feature = "server"))]
mod upkeep;
#[cfg(feature = "server")]
mod whole;
#[cfg(feature = "server")]
mod world;
