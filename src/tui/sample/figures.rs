//! What the Night Owls have come to, and what Ada wants no more of.

use super::{DAY, band_id, bytes, campaign, invite_id, later, now, person};
use crate::{
    api::{BandRef, Block, Blocked, CampaignStats, DayJoins, InviteCounts, InviterStats, KindCounts, Stats, TreeNode},
    domain::{Kind, Role, SuppressionId, Timestamp},
};

const fn counts(made: u64, pending: u64, accepted: u64, rejected: u64, expired: u64) -> InviteCounts {
    let cancelled = made - pending - accepted - rejected;
    InviteCounts { made, pending, accepted, rejected, cancelled, expired, uses: accepted + pending / 3 }
}

/// The figures of a band that has invited for a while.
pub(crate) fn stats() -> Stats {
    let joined = [(0, 2), (1, 1), (4, 9), (5, 3), (11, 1), (12, 4), (30, 2), (33, 6), (41, 1), (70, 1)];
    let campaigns = ["The beginning", "Summer party", "夏のジャズ合宿と打ち上げ", "Horn section and their friends"];
    let campaigns = campaigns.into_iter().zip([
        counts(210, 9, 150, 12, 30),
        counts(120, 60, 40, 2, 9),
        counts(9, 3, 6, 0, 0),
        counts(1, 1, 0, 0, 0),
    ]);
    let inviters = [(1, counts(220, 40, 140, 10, 25)), (2, counts(100, 30, 50, 4, 12)), (6, counts(20, 3, 6, 0, 2))];
    Stats {
        by_status: counts(340, 73, 196, 14, 39),
        by_kind: vec![
            KindCounts { kind: Kind::Link, counts: counts(210, 50, 120, 4, 30) },
            KindCounts { kind: Kind::Email, counts: counts(110, 20, 70, 9, 9) },
            KindCounts { kind: Kind::Code, counts: counts(20, 3, 6, 1, 0) },
        ],
        by_campaign: campaigns
            .zip(2..)
            .map(|((name, counts), n)| CampaignStats { id: campaign(n).id, name: name.to_owned(), counts })
            .collect(),
        other_campaigns: InviteCounts::default(),
        by_inviter: inviters.into_iter().map(|(n, counts)| InviterStats { account: person(n), counts }).collect(),
        other_inviters: counts(12, 2, 7, 1, 1),
        acceptance_rate: Some(0.787),
        median_seconds_to_accept: Some(9_000),
        joins: joined
            .into_iter()
            .map(|(ago, joined)| DayJoins { day: Timestamp::of_day(now().day() - ago), joined })
            .collect(),
        views: 1_812,
    }
}

/// The figures of a band that nobody was invited to.
pub(crate) fn no_stats() -> Stats {
    Stats {
        by_status: InviteCounts::default(),
        by_kind: Vec::new(),
        by_campaign: Vec::new(),
        by_inviter: Vec::new(),
        other_inviters: InviteCounts::default(),
        acceptance_rate: None,
        median_seconds_to_accept: None,
        joins: vec![DayJoins { day: Timestamp::of_day(now().day()), joined: 1 }],
        views: 0,
        ..stats()
    }
}

/// Who brought whom to the Night Owls: the founder and one who came by herself, or those whom the founder brought, or Joe.
pub(crate) fn tree(of: Option<u8>) -> Vec<TreeNode> {
    let node = |n: u8, brought, days: i64, role| TreeNode {
        account: person(n),
        invited_by: of.map(person),
        invite_id: of.map(|_| invite_id(n)),
        joined_at: later(-days * DAY),
        role,
        brought,
        inviter_left: false,
    };
    match of {
        None => {
            let left = TreeNode { invited_by: Some(person(9)), inviter_left: true, ..node(3, 0, 40, Role::Member) };
            vec![node(1, 3, 70, Role::Owner), left, node(5, 0, 8, Role::Member)]
        }
        Some(1) => {
            vec![node(2, 2, 60, Role::Admin), node(7, 0, 6, Role::Member), node(8, 0, 5, Role::Member)]
        }
        _ => vec![node(6, 1, 7, Role::Member), node(4, 0, 9, Role::Member)],
    }
}

/// What is wanted no more, of the person or of the whole site.
pub(crate) fn blocks(site: bool) -> Vec<Blocked> {
    let blocked = |n: u8, scope, email: Option<&str>| Blocked {
        id: SuppressionId::from_bytes(bytes(n)),
        scope,
        band: (scope == Block::Band)
            .then(|| BandRef { id: band_id(n), name: "深夜ジャズ研究会と友の会".to_owned() }),
        inviter: (scope == Block::Inviter).then(|| person(n)),
        account: site.then(|| person(n + 2)),
        email: email.map(str::to_owned),
        created_at: later(-i64::from(n) * 3 * DAY),
    };
    vec![
        blocked(4, Block::Band, None),
        blocked(6, Block::Inviter, Some("ada@example.org")),
        blocked(2, Block::Server, Some("ada.lovelace@work.example.org")),
    ]
}
