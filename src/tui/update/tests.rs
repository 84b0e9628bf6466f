//! What keys and answers do, without a terminal or a server.

mod actions;
mod bulk;
mod campaigns;
mod codes;
mod desk;
mod entry;
mod figures;
mod finder;
mod forgot;
mod forms;
mod groups;
mod inbox;
mod invites;
mod line;
mod listing;
mod many;
mod mouse;
mod new_invite;
mod panes;
mod places;
mod rights;
mod templates;
mod trail;
mod tree;
mod verify;
mod way_in;
