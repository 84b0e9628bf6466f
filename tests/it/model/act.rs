//! What people do, at random, but not aimlessly: an act is a handful of numbers, and the model makes of them something
//! that can matter as things are then.

use proptest::prelude::*;

use super::rules::{
    ASKABLE, BANDS, Block, Change, Doing, Door, Life, Model, NewCampaign, PEOPLE, Role, Rules, SITE, Supersedes, To,
    Verdict, Wish,
};

/// Something that someone does. As it is drawn, its people, invites, campaigns and requests are any numbers; once it is
/// aimed ([`Model::aimed`]) they are those that there are.
#[derive(Debug, Clone)]
pub enum Act {
    Make {
        by: usize,
        band: usize,
        to: To,
        wish: Wish,
    },
    Codes {
        by: usize,
        band: usize,
        wish: NewCampaign,
        count: usize,
        max_uses: Option<u32>,
    },
    Look {
        invite: usize,
    },
    Accept {
        who: usize,
        invite: usize,
        door: Door,
    },
    Decline {
        who: usize,
        invite: usize,
        door: Door,
        block: Option<Block>,
    },
    Register {
        invite: Option<usize>,
        accepts: bool,
    },
    Join {
        who: usize,
        band: usize,
    },
    Answer {
        by: usize,
        request: usize,
        yes: bool,
    },
    Revoke {
        by: usize,
        invite: usize,
    },
    Restore {
        by: usize,
        invite: usize,
    },
    Rotate {
        by: usize,
        invite: usize,
    },
    Edit {
        by: usize,
        invite: usize,
        change: Change,
    },
    NewCampaign {
        by: usize,
        band: usize,
        wish: NewCampaign,
    },
    EditCampaign {
        by: usize,
        campaign: usize,
        change: Change,
    },
    ExpireCampaign {
        by: usize,
        campaign: usize,
    },
    DeleteCampaign {
        by: usize,
        campaign: usize,
    },
    Promote {
        by: usize,
        band: usize,
        who: usize,
        role: Role,
    },
    LetInvite {
        by: usize,
        band: usize,
        who: usize,
        may: bool,
    },
    Remove {
        by: usize,
        band: usize,
        who: usize,
        ban: bool,
        all: bool,
    },
    Leave {
        who: usize,
        band: usize,
    },
    Transfer {
        by: usize,
        band: usize,
        to: usize,
    },
    SetRules {
        by: usize,
        band: usize,
        rules: Rules,
    },
    Bulk {
        by: usize,
        band: usize,
        rows: Vec<To>,
        wish: Wish,
    },
    /// To these invites, or to all that are shown.
    Many {
        by: usize,
        band: usize,
        doing: Doing,
        of: Option<Vec<usize>>,
    },
    Resend {
        by: usize,
        invite: usize,
    },
    SetQuota {
        by: usize,
        who: usize,
        limit: Option<usize>,
    },
    DeleteBand {
        by: usize,
        band: usize,
    },
    DeleteAccount {
        who: usize,
    },
    Wait {
        minutes: i64,
    },
    Sweep,
}

impl Act {
    /// Who has to be signed in for it.
    fn actor(&self) -> Option<usize> {
        match *self {
            Self::Accept { who, .. } | Self::Decline { who, .. } | Self::Join { who, .. } | Self::Leave { who, .. } => {
                Some(who)
            }
            Self::DeleteAccount { who } => Some(who),
            Self::Make { by, .. }
            | Self::Codes { by, .. }
            | Self::Answer { by, .. }
            | Self::Revoke { by, .. }
            | Self::Restore { by, .. }
            | Self::Rotate { by, .. }
            | Self::Edit { by, .. }
            | Self::NewCampaign { by, .. }
            | Self::EditCampaign { by, .. }
            | Self::ExpireCampaign { by, .. }
            | Self::DeleteCampaign { by, .. }
            | Self::Promote { by, .. }
            | Self::LetInvite { by, .. }
            | Self::Remove { by, .. }
            | Self::Transfer { by, .. }
            | Self::SetRules { by, .. }
            | Self::Bulk { by, .. }
            | Self::Many { by, .. }
            | Self::Resend { by, .. }
            | Self::SetQuota { by, .. }
            | Self::DeleteBand { by, .. } => Some(by),
            Self::Look { .. } | Self::Register { .. } | Self::Wait { .. } | Self::Sweep => None,
        }
    }

    /// What is done, without by whom and to what.
    pub fn name(&self) -> String {
        format!("{self:?}").split(' ').next().unwrap_or_default().to_owned()
    }
}

fn number() -> impl Strategy<Value = usize> + Clone {
    0..10_000_usize
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![3 => Just(Role::Member), 1 => Just(Role::Admin)]
}

fn uses() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![3 => Just(Some(1)), 2 => (2_u32..4).prop_map(Some), 1 => Just(None)]
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![3 => (1_i64..4).prop_map(Life::Hours), 1 => Just(Life::Never)]
}

fn message() -> impl Strategy<Value = Option<u8>> {
    prop::option::of(0..9_u8)
}

fn door() -> impl Strategy<Value = Door> {
    prop_oneof![4 => Just(Door::Token), 1 => Just(Door::Inbox)]
}

fn block() -> impl Strategy<Value = Option<Block>> {
    prop_oneof![2 => Just(None), 1 => Just(Some(Block::Inviter)), 1 => Just(Some(Block::Band)), 1 => Just(Some(Block::Server))]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![role().prop_map(Change::Role), message().prop_map(Change::Message), life().prop_map(Change::Life)]
}

fn rules() -> impl Strategy<Value = Rules> {
    let supersedes = prop_oneof![
        1 => Just(Supersedes::None), 3 => Just(Supersedes::SameBand), 3 => Just(Supersedes::Everywhere)
    ];
    (prop::bool::weighted(0.3), supersedes, any::<bool>())
        .prop_map(|(one_band, supersedes, revoke_with_inviter)| Rules { one_band, supersedes, revoke_with_inviter })
}

fn wish() -> impl Strategy<Value = Wish> {
    let campaign = prop::option::weighted(0.4, number());
    let own = (prop::option::of(role()), message(), uses(), prop::option::of(life()));
    (campaign, own, prop::bool::weighted(0.3), prop::bool::weighted(0.3)).prop_map(
        |(campaign, (role, message, max_uses, life), approval, replace)| Wish {
            campaign,
            role,
            message,
            max_uses,
            life,
            approval,
            replace,
        },
    )
}

fn campaign() -> impl Strategy<Value = NewCampaign> {
    let limits = (prop::option::of(1..4_usize), prop::option::of(1..4_u32));
    (role(), life(), limits).prop_map(|(role, life, (max_invites, max_accepts))| NewCampaign {
        role,
        life,
        max_invites,
        max_accepts,
    })
}

fn to() -> impl Strategy<Value = To> {
    prop_oneof![2 => Just(To::Holder), 2 => number().prop_map(To::Account), 2 => number().prop_map(To::Address)]
}

fn doing() -> impl Strategy<Value = Doing> {
    prop_oneof![
        2 => Just(Doing::Revoke), 3 => Just(Doing::Restore), 1 => Just(Doing::Resend),
        1 => life().prop_map(Doing::Extend), 1 => role().prop_map(Doing::SetRole),
    ]
}

/// What is done to many, and how many somebody may make.
fn on_many() -> impl Strategy<Value = Act> {
    let (n, band) = (number, 0..BANDS);
    let some = prop::option::weighted(0.7, prop::collection::vec(n(), 1..6));
    prop_oneof![
        4 => (n(), band.clone(), prop::collection::vec(to(), 1..5), wish())
            .prop_map(|(by, band, rows, wish)| Act::Bulk { by, band, rows, wish }),
        4 => (n(), band, doing(), some).prop_map(|(by, band, doing, of)| Act::Many { by, band, doing, of }),
        2 => (n(), n()).prop_map(|(by, invite)| Act::Resend { by, invite }),
        1 => (n(), n(), prop::option::weighted(0.7, 0..9_usize))
            .prop_map(|(by, who, limit)| Act::SetQuota { by, who, limit }),
    ]
}

/// Acts as they are drawn.
pub fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    let (n, band) = (number, 0..BANDS);
    let on_invites = prop_oneof![
        9 => (n(), band.clone(), to(), wish()).prop_map(|(by, band, to, wish)| Act::Make { by, band, to, wish }),
        1 => (n(), 0..=SITE, campaign(), 1..3_usize, uses())
            .prop_map(|(by, band, wish, count, max_uses)| Act::Codes { by, band, wish, count, max_uses }),
        1 => n().prop_map(|invite| Act::Look { invite }),
        12 => (n(), n(), door()).prop_map(|(who, invite, door)| Act::Accept { who, invite, door }),
        3 => (n(), n(), door(), block())
            .prop_map(|(who, invite, door, block)| Act::Decline { who, invite, door, block }),
        1 => (prop::option::weighted(0.9, n()), any::<bool>())
            .prop_map(|(invite, accepts)| Act::Register { invite, accepts }),
        2 => n().prop_map(|who| Act::Join { who, band: if who % 4 == 0 { 0 } else { ASKABLE } }),
        4 => (n(), n(), prop::bool::weighted(0.8)).prop_map(|(by, request, yes)| Act::Answer { by, request, yes }),
        3 => (n(), n()).prop_map(|(by, invite)| Act::Revoke { by, invite }),
        3 => (n(), n()).prop_map(|(by, invite)| Act::Restore { by, invite }),
        1 => (n(), n()).prop_map(|(by, invite)| Act::Rotate { by, invite }),
        3 => (n(), n(), prop_oneof![3 => change(), 1 => uses().prop_map(Change::Uses)])
            .prop_map(|(by, invite, change)| Act::Edit { by, invite, change }),
    ];
    let on_the_rest = prop_oneof![
        3 => (n(), band.clone(), campaign()).prop_map(|(by, band, wish)| Act::NewCampaign { by, band, wish }),
        2 => (n(), n(), change()).prop_map(|(by, campaign, change)| Act::EditCampaign { by, campaign, change }),
        1 => (n(), n()).prop_map(|(by, campaign)| Act::ExpireCampaign { by, campaign }),
        1 => (n(), n()).prop_map(|(by, campaign)| Act::DeleteCampaign { by, campaign }),
        2 => (n(), band.clone(), n(), role()).prop_map(|(by, band, who, role)| Act::Promote { by, band, who, role }),
        2 => (n(), band.clone(), n(), any::<bool>())
            .prop_map(|(by, band, who, may)| Act::LetInvite { by, band, who, may }),
        3 => (n(), band.clone(), n(), prop::bool::weighted(0.2), prop::bool::weighted(0.3))
            .prop_map(|(by, band, who, ban, all)| Act::Remove { by, band, who, ban, all }),
        1 => (n(), band.clone()).prop_map(|(who, band)| Act::Leave { who, band }),
        1 => (n(), band.clone(), n()).prop_map(|(by, band, to)| Act::Transfer { by, band, to }),
        1 => (n(), band.clone(), rules()).prop_map(|(by, band, rules)| Act::SetRules { by, band, rules }),
        1 => (n(), band).prop_map(|(by, band)| Act::DeleteBand { by, band }),
        1 => n().prop_map(|who| Act::DeleteAccount { who }),
        4 => (1_i64..90).prop_map(|minutes| Act::Wait { minutes }),
        1 => Just(Act::Sweep),
    ];
    prop::collection::vec(prop_oneof![10 => on_invites, 5 => on_the_rest, 3 => on_many()], most / 2..most)
}

/// As many as sign up in one story: each costs a password's hash.
const NEWCOMERS: usize = 3;

impl Model {
    /// The act with people and things that there are, mostly those with whom it is likely to be done; `None`
    /// where there are none.
    pub fn aimed(&self, mut act: Act) -> Option<Act> {
        match &mut act {
            Act::Make { by, band, to, wish } => {
                let number = *by;
                *by = self.of_the_band(*by, *band);
                if let Some(waiting) = self.waited_for(number, *band).filter(|_| wish.replace) {
                    *to = waiting;
                }
                *to = self.someone(*to);
                if *to != To::Holder {
                    wish.max_uses = Some(1);
                }
                wish.campaign = wish.campaign.map(|n| self.a_campaign(n, Some(*band)));
            }
            Act::Bulk { by, band, rows, wish } => {
                *by = self.of_the_band(*by, *band);
                for to in rows.iter_mut() {
                    *to = self.someone(*to);
                }
                wish.max_uses = Some(1);
                wish.campaign = wish.campaign.map(|n| self.a_campaign(n, Some(*band)));
            }
            Act::Many { by, band, doing, of } => {
                let end = if matches!(doing, Doing::Restore) { "revoked" } else { "pending" };
                *by = self.of_the_band(*by, *band);
                for n in of.iter_mut().flatten() {
                    *n = self.an_invite(*n, end)?;
                }
            }
            Act::SetQuota { by, who, .. } => {
                *by = self.of_the_band(*by, SITE);
                *who %= self.people;
            }
            Act::Look { invite } => *invite = self.an_invite(*invite, "pending")?,
            Act::Accept { who, invite, door } | Act::Decline { who, invite, door, .. } => {
                *invite = self.an_invite(*invite, "pending")?;
                *who = self.recipient(*who, *invite);
                let waits = self.inbox(*who);
                if *door == Door::Inbox && !waits.is_empty() && *who % 3 > 0 {
                    *invite = waits[*invite % waits.len()];
                }
            }
            Act::Register { invite, .. } => {
                if self.people == PEOPLE + NEWCOMERS {
                    return None;
                }
                *invite = invite.map(|n| self.for_a_newcomer(n)).unwrap_or_default();
            }
            Act::Join { who, .. } => *who %= self.people,
            Act::Answer { by, request, .. } => {
                *request = self.a_request(*request)?;
                *by = self.of_the_band(*by, self.band_of_request(*request));
            }
            Act::Restore { by, invite } => {
                *invite = self.an_invite(*invite, "revoked")?;
                *by = self.of_the_band(*by, self.band_of(*invite));
            }
            Act::Revoke { by, invite }
            | Act::Rotate { by, invite }
            | Act::Resend { by, invite }
            | Act::Edit { by, invite, .. } => {
                *invite = self.an_invite(*invite, "pending")?;
                *by = self.of_the_band(*by, self.band_of(*invite));
            }
            Act::EditCampaign { by, campaign, .. }
            | Act::ExpireCampaign { by, campaign }
            | Act::DeleteCampaign { by, campaign } => {
                *campaign = self.a_campaign(*campaign, None);
                *by = self.of_the_band(*by, self.band_of_campaign(*campaign));
            }
            Act::Codes { by, band, .. } | Act::NewCampaign { by, band, .. } | Act::SetRules { by, band, .. } => {
                *by = self.of_the_band(*by, *band);
            }
            Act::Promote { by, band, who, .. }
            | Act::LetInvite { by, band, who, .. }
            | Act::Remove { by, band, who, .. }
            | Act::Transfer { by, band, to: who } => {
                *by = self.of_the_band(*by, *band);
                *who = self.a_member(*who, *band);
            }
            Act::Leave { who, band } => *who = self.a_member(*who, *band),
            Act::DeleteBand { by, band } => {
                // Rather one who may not: without its bands a story is poor.
                *by = if by.is_multiple_of(3) { self.of_the_band(*by / 3, *band) } else { *by % self.people };
            }
            // Who runs the site stays.
            Act::DeleteAccount { who } => *who = 1 + *who % (self.people - 1),
            Act::Wait { .. } | Act::Sweep => {}
        }
        Some(act)
    }

    /// Whom a drawn one is: the next one to sign up has an address already.
    fn someone(&self, to: To) -> To {
        match to {
            To::Holder => To::Holder,
            To::Account(who) => To::Account(who % self.people),
            To::Address(who) => To::Address(who % (self.people + 1)),
        }
    }

    /// What the rules say to it, once it is aimed.
    pub fn play(&mut self, act: &Act) -> Verdict {
        act.actor().map_or(Ok(()), |who| self.signed_in(who))?;
        match *act {
            Act::Make { by, band, to, ref wish } => self.make(by, band, to, wish),
            Act::Codes { by, band, ref wish, count, max_uses } => self.codes(by, band, wish, count, max_uses),
            Act::Look { invite } => self.look(invite),
            Act::Accept { who, invite, door } => self.accept(door, who, invite),
            Act::Decline { who, invite, door, block } => self.decline(door, who, invite, block),
            Act::Register { invite, accepts } => self.register(invite, accepts && invite.is_some()),
            Act::Join { who, band } => self.join(who, band),
            Act::Answer { by, request, yes } => self.answer(by, request, yes),
            Act::Revoke { by, invite } => self.revoke(by, invite),
            Act::Restore { by, invite } => self.restore(by, invite),
            Act::Rotate { by, invite } => self.rotate(by, invite),
            Act::Edit { by, invite, change } => self.edit(by, invite, change),
            Act::NewCampaign { by, band, ref wish } => self.new_campaign(by, band, wish),
            Act::EditCampaign { by, campaign, change } => self.edit_campaign(by, campaign, change),
            Act::ExpireCampaign { by, campaign } => self.expire_campaign(by, campaign),
            Act::DeleteCampaign { by, campaign } => self.delete_campaign(by, campaign),
            Act::Promote { by, band, who, role } => self.promote(by, band, who, role),
            Act::LetInvite { by, band, who, may } => self.let_invite(by, band, who, may),
            Act::Remove { by, band, who, ban, all } => self.remove(by, band, who, ban, all),
            Act::Leave { who, band } => self.leave(who, band),
            Act::Transfer { by, band, to } => self.transfer(by, band, to),
            Act::SetRules { by, band, rules } => self.set_rules(by, band, rules),
            Act::Bulk { by, band, ref rows, ref wish } => self.bulk(by, band, rows, wish),
            Act::Many { by, band, doing, ref of } => self.many(by, band, doing, of.as_deref()),
            Act::Resend { by, invite } => self.resend(by, invite),
            Act::SetQuota { by, who, limit } => self.set_quota(by, who, limit),
            Act::DeleteBand { by, band } => self.delete_band(by, band),
            Act::DeleteAccount { who } => self.delete_account(who),
            Act::Wait { minutes } => {
                self.now += minutes * 60;
                Ok((0, ""))
            }
            Act::Sweep => Ok((0, "")),
        }
    }

    /// The band in which an aimed act is done; `None` where it can be any.
    pub fn place(&self, act: &Act) -> Option<usize> {
        match *act {
            Act::Make { band, .. }
            | Act::Bulk { band, .. }
            | Act::Many { band, .. }
            | Act::Codes { band, .. }
            | Act::Join { band, .. }
            | Act::NewCampaign { band, .. }
            | Act::Promote { band, .. }
            | Act::LetInvite { band, .. }
            | Act::Remove { band, .. }
            | Act::Leave { band, .. }
            | Act::Transfer { band, .. }
            | Act::SetRules { band, .. } => Some(band),
            // Who comes in can end invites to another band.
            Act::Accept { .. }
            | Act::Answer { yes: true, .. }
            | Act::Register { .. }
            | Act::SetQuota { .. }
            | Act::DeleteBand { .. }
            | Act::DeleteAccount { .. }
            | Act::Wait { .. }
            | Act::Sweep => None,
            Act::Answer { request, .. } => Some(self.band_of_request(request)),
            Act::Look { invite }
            | Act::Decline { invite, .. }
            | Act::Revoke { invite, .. }
            | Act::Restore { invite, .. }
            | Act::Rotate { invite, .. }
            | Act::Resend { invite, .. }
            | Act::Edit { invite, .. } => Some(self.band_of(invite)),
            Act::EditCampaign { campaign, .. }
            | Act::ExpireCampaign { campaign, .. }
            | Act::DeleteCampaign { campaign, .. } => Some(self.band_of_campaign(campaign)),
        }
    }
}
