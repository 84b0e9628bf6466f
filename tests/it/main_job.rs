//! The main job with the real binary: two people, one link.

use crate::program::Served;

#[test]
fn two_people_meet_in_a_band_by_one_link() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let made = ada.json(&["invites", "create", &band]);
    let link = made["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/invite/inv_", server.origin)));
    assert_eq!(kim.json(&["accept", link])["outcome"], "joined");
    assert_eq!(ada.json(&["members", "list", &band])["total"], 2);
    assert_eq!(server.stop(), Some(0), "it drains and ends well");
}
