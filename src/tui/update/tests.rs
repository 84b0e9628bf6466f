//! What keys and answers do, without a terminal or a server.

mod bulk;
mod campaigns;
mod desk;
mod entry;
mod finder;
mod forgot;
mod forms;
mod groups;
mod inbox;
mod invites;
mod line;
mod listing;
mod many;
mod panes;
mod rights;
mod trail;
mod verify;
mod way_in;
