//! What each form asks for.

mod campaigns;
mod codes;
mod invite;
mod templates;

pub(super) use campaigns::{edit_campaign, new_campaign};
pub(super) use codes::{new_codes, save_codes};
pub(super) use invite::{invite_by, invite_in, new_invite};
pub(super) use templates::{edit_template, new_template};

use jiff::tz::TimeZone;

use super::{
    expiry,
    model::{Chosen, Form, FormField, FormKind, Terms, life, uses},
};
use crate::{
    api::{Band, Invite, Member, Site},
    domain::{Hours, InvitePermission, JoinMode, Pasted, Registration, Role},
};

const JOIN: &[(&str, &str)] =
    &[("invite", "by invite only"), ("request", "anyone may ask to join"), ("open", "anyone may join")];
const INVITE_PERMISSION: &[(&str, &str)] = &[("admins", "admins"), ("members", "every member")];
const ROLES: &[(&str, &str)] = &[("member", "member"), ("admin", "admin")];
const YES_NO: &[(&str, &str)] = &[("no", "no"), ("yes", "yes")];
const ON_EXISTING: &[(&str, &str)] =
    &[("", "leave them as they are"), ("resend", "mail them again"), ("replace", "replace their invite")];
const BLOCK: &[(&str, &str)] = &[
    ("", "may invite me again"),
    ("inviter", "no more invites by this person"),
    ("band", "no more invites to this band"),
    ("server", "no more invites from this server"),
];

/// The address of a server.
pub(super) fn connect(server: &str) -> Form {
    let hint = "The server's address, such as invites.example.org. An invite link works too.";
    Form::new(
        FormKind::Connect,
        "Connect to a server",
        "connect",
        vec![FormField::line("server", "Server", hint, server)],
    )
}

/// User name or address, and password.
pub(super) fn sign_in() -> Form {
    let fields = vec![
        FormField::line("login", "Name", "Your user name or e-mail address.", ""),
        FormField::secret("password", "Password", "The password of your account."),
    ];
    Form::new(FormKind::SignIn, "Sign in", "sign in", fields)
}

/// A new account, which comes into a band by the invite where `joins`. An invite is asked for only where the server
/// demands one.
pub(super) fn sign_up(site: Option<&Site>, invite: Option<&Pasted>, joins: bool) -> Form {
    let mut fields = vec![
        FormField::line("username", "User name", "Letters, digits, dot, dash and underscore; to sign in with.", ""),
        FormField::line("display_name", "Name", "What others see; your user name where it is left empty.", ""),
        FormField::line("email", "E-mail", "Your address, such as ada@example.org.", ""),
        FormField::secret("password", "Password", "8 to 128 characters; a sentence is easy to keep in mind."),
        FormField::secret("again", "Once more", "The same password, so that no slip of a finger locks you out."),
    ];
    if site.is_some_and(|site| site.registration == Registration::InviteOnly) {
        let text = invite.map_or("", |pasted| pasted.token.as_str());
        fields.insert(
            0,
            FormField::line("invite", "Invite", "A link, token or code: this server takes no one without.", text),
        );
    }
    let verb = if joins { "sign up and join" } else { "sign up" };
    Form::new(FormKind::SignUp, "Make an account", verb, fields)
}

/// The code that was mailed to `email`.
pub(super) fn verify(email: &str) -> Form {
    let code =
        FormField::line("code", "Code", "Eight letters and digits, in the newest mail; it works for 30 minutes.", "");
    Form::new(FormKind::Verify, format!("The code mailed to {email}"), "verify", vec![code])
}

/// A new band.
pub(super) fn new_band() -> Form {
    Form::new(
        FormKind::NewBand,
        "New band",
        "create",
        band_fields("", None, None, JoinMode::Invite, InvitePermission::Admins),
    )
}

/// The settings of a band.
pub(super) fn edit_band(band: &Band) -> Form {
    let fields = band_fields(
        &band.name,
        band.description.as_deref(),
        band.contact.as_deref(),
        band.join,
        band.invite_permission,
    );
    Form::new(FormKind::EditBand(band.id), format!("Settings of {}", band.name), "save", fields)
}

fn band_fields(
    name: &str,
    description: Option<&str>,
    contact: Option<&str>,
    join: JoinMode,
    permission: InvitePermission,
) -> Vec<FormField> {
    vec![
        FormField::line("name", "Name", "1 to 64 characters; the invited read it first.", name),
        FormField::lines(
            "description",
            "About",
            "What the band is about; may be left empty.",
            description.unwrap_or_default(),
        ),
        FormField::line(
            "contact",
            "Contact",
            "Whom to ask when an invite has ended; may be left empty.",
            contact.unwrap_or_default(),
        ),
        FormField::choice("join", "Join", "How one comes in without an invite.", JOIN, join.as_str()),
        FormField::choice("invite_permission", "Invites by", "Who may invite.", INVITE_PERMISSION, permission.as_str()),
    ]
}

/// A pending invite.
pub(super) fn edit_invite(invite: &Invite, band: &Band, zone: &TimeZone) -> Form {
    let uses = uses(invite.max_uses);
    let fields = invite_fields(
        grantable(band),
        invite.role,
        &expiry::typed(invite.expires_at, zone),
        &uses,
        invite.label.as_deref(),
        invite.message.as_deref(),
    );
    Form::new(FormKind::EditInvite(invite.id), format!("Edit invite · {}", band.name), "save", fields)
}

/// A later end for one invite.
pub(super) fn extend(invite: &Invite) -> Form {
    let hint = "+24 (hours after its end), +3d, +1w; or from now 48, 3d, 2w; a date; never.";
    let field = FormField::line("expires_at", "Ends", hint, "");
    let mut form =
        Form::new(FormKind::EditInvite(invite.id), format!("Extend · {}", invite.recipient()), "extend", vec![field]);
    form.fill("expires_at", if invite.expires_at.is_some() { "+24" } else { "3d" });
    form
}

/// Another role or another end for several invites.
pub(super) fn edit_many(chosen: Chosen, counted: &str, band: &Band, to_extend: bool) -> Form {
    let roles: Vec<_> = std::iter::once(&("", "as it is")).chain(grantable(band)).copied().collect();
    let end = "From now: 48 (hours), 3d, 2w; 2026-12-31, 2026-12-31 18:00 or never; empty stays as it is.";
    let fields = vec![
        FormField::choice("role", "Role", "What those who accept become.", &roles, ""),
        FormField::line("expires_at", "Expires", end, ""),
    ];
    let mut form = Form::new(FormKind::EditMany(chosen), format!("Change {counted}"), "go on", fields);
    if to_extend {
        form.fill("expires_at", "24h");
        form.focus = 1;
    }
    form
}

/// What the invites of a list of people have in common.
pub(super) fn bulk_terms(band: &Band, terms: &Terms) -> Form {
    let expires = "48 (hours), 3d, 2w, 2026-12-31 or never; empty is as band or campaign have it.";
    let role = terms.role.unwrap_or(Role::Member);
    let mail = if terms.send == Some(false) { "no" } else { "yes" };
    let existing = terms.on_existing.map_or("", crate::api::OnExisting::as_str);
    let message = terms.message.as_deref().unwrap_or_default();
    let mut fields = Vec::new();
    let is_admin = band.role.is_some_and(Role::is_admin);
    if is_admin {
        let hint = "What they have where nothing else is typed.";
        fields.push(FormField::choice("template_id", "Template", hint, &[("", "none")], ""));
        let hint = "A set of invites that end together.";
        fields.push(FormField::choice("campaign_id", "Campaign", hint, &[("", "none")], ""));
    }
    fields.extend([
        FormField::choice("role", "Role", "Of rows that name none.", grantable(band), role.as_str()),
        FormField::line("expires_at", "Expires", expires, &terms.expires),
        FormField::lines("message", "Message", "A few words that all of them read; may be left empty.", message),
        FormField::choice("send", "Mail", "Whether addresses are mailed; else you hand the links out.", YES_NO, mail),
        FormField::choice(
            "on_existing",
            "Invited",
            "What is done about who is invited already.",
            ON_EXISTING,
            existing,
        ),
    ]);
    let mut form = Form::new(FormKind::BulkTerms(band.id), "What the invites have in common", "keep", fields);
    // What was chosen before is offered at once; the others come from the server.
    if let Some((id, name)) = &terms.template {
        form.offer("template_id", [(id.to_string().into(), name.clone().into())]);
        form.begin_with("template_id", &id.to_string());
    }
    if let Some((id, name)) = &terms.campaign {
        form.offer("campaign_id", [(id.to_string().into(), name.clone().into())]);
        form.opens_in(*id);
    }
    form
}

/// Where a list of people is written.
pub(super) fn bulk_save(path: &str) -> Form {
    let hint = "A new file; a spreadsheet opens it, and it can be mended and pasted again.";
    let fields = vec![FormField::line("path", "File", hint, path)];
    Form::new(FormKind::BulkSave, "Write the list to a file", "write", fields)
}

fn invite_fields(
    roles: &[(&'static str, &'static str)],
    role: Role,
    expires: &str,
    uses: &str,
    label: Option<&str>,
    message: Option<&str>,
) -> Vec<FormField> {
    vec![
        FormField::choice("role", "Role", "What those who accept become.", roles, role.as_str()),
        FormField::line("expires_at", "Expires", "48 (hours), 3d, 2w, 2026-12-31, 2026-12-31 18:00 or never.", expires),
        FormField::line("max_uses", "Uses", "How many people may use it: a number, or unlimited.", uses),
        FormField::line(
            "label",
            "Label",
            "A note for the band, such as \"for Kim\"; the invited do not see it.",
            label.unwrap_or_default(),
        ),
        FormField::lines(
            "message",
            "Message",
            "A few words that the invited read; may be left empty.",
            message.unwrap_or_default(),
        ),
    ]
}

/// The life that the band gives to new invites, once its policy is known.
pub(super) fn policy_default(band: &Band) -> Option<Hours> {
    band.policy.as_ref().map(|policy| policy.default_ttl_hours)
}

/// The default as it would be typed; empty where it is not known, which means the same.
pub(super) fn default_expiry(default: Option<Hours>) -> String {
    default.map(life).unwrap_or_default()
}

/// The roles that the person may grant in the band.
fn grantable(band: &Band) -> &'static [(&'static str, &'static str)] {
    match band.role.and_then(|role| role.grants(band.can_invite, band.invite_permission)) {
        Some(Role::Member) | None => &ROLES[..1],
        Some(_) => ROLES,
    }
}

/// A member's role and right to invite.
pub(super) fn edit_member(member: &Member, band: &Band) -> Form {
    let invites = if member.can_invite { "yes" } else { "no" };
    let fields = vec![
        FormField::choice("role", "Role", "Admins run invites and members.", ROLES, member.role.as_str()),
        FormField::choice("can_invite", "May invite", "Whether a plain member may invite members.", YES_NO, invites),
    ];
    let title = format!("{} · {}", member.account.display_name, band.name);
    Form::new(FormKind::EditMember(band.id, member.account.id), title, "save", fields)
}

/// A link, token or code to look at.
pub(super) fn accept() -> Form {
    let field = FormField::line(
        "invite",
        "Invite",
        "Paste a link, a token (inv_…) or a code; you see what it offers first.",
        "",
    );
    Form::new(FormKind::Accept, "Accept an invite", "look", vec![field])
}

/// Why an invite is declined.
pub(super) fn decline(which: FormKind, band: &str) -> Form {
    let fields = vec![
        FormField::line(
            "reason",
            "Reason",
            "The band reads it; may be left empty. You come in by a new invite only.",
            "",
        ),
        FormField::choice("block", "From now on", "Whether you want to be invited again.", BLOCK, ""),
    ];
    Form::new(which, format!("Decline the invite to {band}"), "decline", fields)
}
