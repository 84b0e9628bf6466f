-- Accounts, sessions, bands, members, invites and the audit trail.
-- Times are microseconds since 1970, ids sixteen bytes (UUID version 7).

CREATE TABLE account (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    username TEXT NOT NULL,
    -- The comparison form of the name: letter case makes no second account.
    username_key TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified INTEGER NOT NULL,
    -- The address where it is this account's alone: once verified, or at once on a server without mail.
    email_claim TEXT UNIQUE,
    password_hash TEXT NOT NULL,
    site_admin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- The invite and the person that brought the account, where one did.
    invited_by BLOB,
    -- Invites it may make in 30 days: null is what the site allows everyone, -1 any number.
    quota INTEGER,
    -- When its holder deleted it: what it did stays, who did it is not told.
    deleted_at INTEGER,
    -- The names in the form in which they are compared.
    search_text TEXT NOT NULL DEFAULT ''
) STRICT;
-- Who typed an address, verified or not.
CREATE INDEX account_email ON account (email);
-- Who runs the site: a handful.
CREATE INDEX account_site_admin ON account (id) WHERE site_admin;
CREATE VIRTUAL TABLE account_search USING fts5 (tokens, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');

CREATE TABLE session (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    account BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account, seq);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE band (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    contact TEXT,
    join_mode TEXT NOT NULL,
    invite_permission TEXT NOT NULL,
    -- What the band decides over the site's policy, as JSON: it tightens, and never loosens. Null is nothing.
    policy TEXT,
    revision INTEGER NOT NULL DEFAULT 0,
    -- The name, folded: a part of it finds the band.
    search_text TEXT NOT NULL DEFAULT '',
    -- Totals, kept in the transactions that change them.
    members INTEGER NOT NULL DEFAULT 0,
    invites INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    views INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
-- Those that anyone finds.
CREATE INDEX band_open ON band (seq) WHERE join_mode <> 'invite' AND deleted_at IS NULL;

-- The site itself is a band that nobody is in: on it hang codes that only let people register.
INSERT INTO band (id, name, join_mode, invite_permission, created_at)
VALUES (zeroblob(16), 'the site', 'invite', 'admins', 0);

CREATE TABLE member (
    seq INTEGER PRIMARY KEY,
    band BLOB NOT NULL REFERENCES band (id),
    account BLOB NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    can_invite INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    -- Who brought them, and by which invite.
    invited_by BLOB,
    invite BLOB,
    -- The names in the form in which they are compared.
    search_text TEXT NOT NULL DEFAULT '',
    UNIQUE (band, account)
) STRICT;
-- With the names, as invites have their texts in theirs.
CREATE INDEX member_band ON member (band, seq, search_text);
CREATE INDEX member_inviter ON member (band, invited_by, seq);
CREATE INDEX member_account ON member (account, seq);
CREATE UNIQUE INDEX member_owner ON member (band) WHERE role = 'owner';
CREATE INDEX member_admin ON member (band) WHERE role = 'admin';
-- Full-text index over `seq`: tokens only, no text.
CREATE VIRTUAL TABLE member_search USING fts5 (tokens, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');

-- Those who were removed, and since when; banned ones never come back by themselves.
CREATE TABLE departure (
    seq INTEGER PRIMARY KEY,
    band BLOB NOT NULL REFERENCES band (id),
    account BLOB NOT NULL REFERENCES account (id),
    at INTEGER NOT NULL,
    banned INTEGER NOT NULL,
    acted_by BLOB NOT NULL,
    UNIQUE (band, account)
) STRICT;
CREATE INDEX departure_band ON departure (band, banned, at, seq);

-- Bands that name an account which is not in them, or not any more: who was, and who did something to an invite from outside.
-- Whom an invite is for by name, and who asked to come in, is told by those rows.
CREATE TABLE mention (
    account BLOB NOT NULL REFERENCES account (id),
    band BLOB NOT NULL REFERENCES band (id),
    PRIMARY KEY (account, band)
) STRICT, WITHOUT ROWID;

-- Sets of invites that end together. Each band has one that cannot be deleted, under the band's own id, for the
-- invites that were made without a set.
CREATE TABLE campaign (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    band BLOB NOT NULL REFERENCES band (id),
    name TEXT NOT NULL,
    -- What its invites share; the default campaign's share nothing.
    role TEXT,
    message TEXT,
    expires_at INTEGER,
    -- Hours after sending, as JSON; null for the rules of the band.
    reminders TEXT,
    max_invites INTEGER,
    max_accepts INTEGER,
    -- What its invites are to, as JSON, how often that was changed, and when it was last.
    event TEXT,
    event_sequence INTEGER NOT NULL DEFAULT 0,
    event_changed_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by BLOB REFERENCES account (id),
    ended_at INTEGER,
    deleted_at INTEGER
) STRICT;
CREATE INDEX campaign_band ON campaign (band, seq);

-- How many invites were made and stand where, and how often they were used: by kind (a row for each, under the nil
-- id), campaign and inviter. Kept in the transactions that change them, so that statistics read a few rows. Under
-- `brought`, `made` is how many of the band's members came by invites of an account; under `joined`, how many came in on
-- a day, counted in UTC from 1970.
CREATE TABLE tally (
    band BLOB NOT NULL REFERENCES band (id),
    dimension TEXT NOT NULL,
    subject BLOB NOT NULL,
    made INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    -- Of the cancelled: those whose time ran out, alone or with their campaign.
    expired INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (band, dimension, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX tally_made ON tally (band, dimension, made, subject);

CREATE TABLE invite (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    band BLOB NOT NULL REFERENCES band (id),
    campaign BLOB REFERENCES campaign (id),
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    cancel_reason TEXT,
    email TEXT,
    account BLOB REFERENCES account (id),
    label TEXT,
    message TEXT,
    -- SHA-256 for look-up; the token sealed under the server's key for showing it again.
    token_hash BLOB NOT NULL UNIQUE,
    token_sealed BLOB NOT NULL,
    hint TEXT NOT NULL,
    max_uses INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    views INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL REFERENCES account (id),
    expires_at INTEGER,
    status_at INTEGER NOT NULL,
    acted_by BLOB,
    used_at INTEGER,
    used_by BLOB,
    delivery TEXT NOT NULL DEFAULT 'none',
    -- Why its mail waits or came back, in the mail server's words, and when it is tried again.
    delivery_note TEXT,
    delivery_next_at INTEGER,
    sent_at INTEGER,
    reminders_sent INTEGER NOT NULL DEFAULT 0,
    next_reminder_at INTEGER,
    -- The one before the end, which moves with it.
    last_reminder_at INTEGER,
    requires_approval INTEGER NOT NULL,
    decline_reason TEXT,
    -- The rules it was made under, as JSON: a later change of policy alters no link already sent.
    policy TEXT NOT NULL,
    -- The last change of many invites that was written to this one before its turn.
    decision INTEGER NOT NULL DEFAULT 0,
    -- The texts by which it is found, folded: what the index finds is looked at again.
    search_text TEXT NOT NULL DEFAULT ''
) STRICT;
-- With the texts, so that a search for a common word counts what fits without a look at the rows.
CREATE INDEX invite_band ON invite (band, seq, search_text);
CREATE INDEX invite_band_status ON invite (band, status, seq);
CREATE INDEX invite_band_kind ON invite (band, kind, seq);
CREATE INDEX invite_band_campaign ON invite (band, campaign, seq);
-- Those that are edited or ended together.
CREATE INDEX invite_campaign ON invite (campaign, status, seq);
CREATE INDEX invite_band_creator ON invite (band, created_by, seq);
-- Those that end with their maker; no statement that names nobody is led this way.
CREATE INDEX invite_maker ON invite (band, created_by, seq) WHERE status = 'pending' AND created_by IS NOT NULL;
-- Codes come in batches, and a batch is looked through as a whole.
CREATE INDEX invite_codes ON invite (campaign, seq) WHERE kind = 'code';
-- What can be restored.
CREATE INDEX invite_revoked ON invite (band, status_at) WHERE cancel_reason = 'revoked';
-- What counts against the quota of who made it.
CREATE INDEX invite_creator ON invite (created_by, created_at);
-- An invite without an end comes last.
CREATE INDEX invite_band_expiry ON invite (band, (COALESCE(expires_at, 9223372036854775807)), seq);
CREATE INDEX invite_band_status_expiry ON invite (band, status, (COALESCE(expires_at, 9223372036854775807)), seq);
-- Whom the next reminder is for.
CREATE INDEX invite_reminder ON invite (next_reminder_at) WHERE status = 'pending' AND next_reminder_at IS NOT NULL;
CREATE INDEX invite_last_reminder ON invite (last_reminder_at) WHERE status = 'pending' AND last_reminder_at IS NOT NULL;
CREATE INDEX invite_expiry ON invite (expires_at) WHERE status = 'pending' AND expires_at IS NOT NULL;
-- Whose address is to be erased next.
CREATE INDEX invite_ended ON invite (status_at) WHERE email IS NOT NULL AND status <> 'pending';
CREATE INDEX invite_account ON invite (account, status, seq) WHERE account IS NOT NULL;
CREATE INDEX invite_email ON invite (email, status, seq) WHERE email IS NOT NULL;
-- One pending invite for a person and a band; what is over counts until it is written down as such.
CREATE UNIQUE INDEX invite_one_email ON invite (email, band) WHERE kind = 'email' AND status = 'pending';
CREATE UNIQUE INDEX invite_one_account ON invite (account, band) WHERE kind = 'user' AND status = 'pending';
CREATE VIRTUAL TABLE invite_search USING fts5 (tokens, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');

-- What was decided about many pending invites at once and is not written to all of them yet: that they end, or what
-- becomes of them.
CREATE TABLE decision (
    -- Never used again: invites keep it.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    band BLOB NOT NULL REFERENCES band (id),
    -- Whose invites: those of a campaign, those that somebody made, all of the band's.
    campaign BLOB,
    maker BLOB,
    -- Which of these: all, those to admin, and those that end with their maker by their own rules.
    every INTEGER NOT NULL,
    by_rules INTEGER NOT NULL,
    -- Why they end; null where they go on.
    reason TEXT,
    role TEXT,
    sets_message INTEGER NOT NULL,
    message TEXT,
    sets_end INTEGER NOT NULL,
    expires_at INTEGER,
    -- Null for the server itself.
    actor BLOB,
    at INTEGER NOT NULL,
    -- The newest invite there was then: those that were made later go on.
    upto INTEGER NOT NULL,
    -- It is written to those up to this one.
    past INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_band ON decision (band, seq);

-- Saved defaults for new invites.
CREATE TABLE template (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    band BLOB NOT NULL REFERENCES band (id),
    name TEXT NOT NULL,
    -- The comparison form of the name: letter case makes no second template.
    name_key TEXT NOT NULL,
    -- Null where it follows from whom an invite is for.
    kind TEXT,
    role TEXT NOT NULL,
    -- Null for invites that do not end, and for any number of uses.
    ttl_hours INTEGER,
    max_uses INTEGER,
    label TEXT,
    message TEXT,
    campaign BLOB REFERENCES campaign (id),
    requires_approval INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB NOT NULL REFERENCES account (id),
    UNIQUE (band, name_key)
) STRICT;
CREATE INDEX template_band ON template (band, seq);
CREATE INDEX template_campaign ON template (campaign) WHERE campaign IS NOT NULL;

-- Who asks to come in, with an invite that needs an admin's word or without one.
CREATE TABLE join_request (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    band BLOB NOT NULL REFERENCES band (id),
    account BLOB NOT NULL REFERENCES account (id),
    invite BLOB REFERENCES invite (id),
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status_at INTEGER NOT NULL,
    -- Null for the server itself.
    acted_by BLOB
) STRICT;
CREATE INDEX join_request_band ON join_request (band, status, seq);
-- Asking again is the same request.
CREATE UNIQUE INDEX join_request_pending ON join_request (account, band) WHERE status = 'pending';
-- What somebody asked, the newest first.
CREATE INDEX join_request_account ON join_request (account, seq);
CREATE INDEX join_request_invite ON join_request (invite, status);

CREATE TABLE redemption (
    seq INTEGER PRIMARY KEY,
    invite BLOB NOT NULL REFERENCES invite (id),
    band BLOB NOT NULL REFERENCES band (id),
    account BLOB NOT NULL REFERENCES account (id),
    at INTEGER NOT NULL,
    -- Taken by signing up with the invite; the membership is still to come.
    held INTEGER NOT NULL
) STRICT;
CREATE INDEX redemption_invite ON redemption (invite, seq);
CREATE INDEX redemption_band ON redemption (band, seq);
CREATE INDEX redemption_held ON redemption (account, invite) WHERE held;

-- Who wants no more invites: an account or an address; of whom is `scope`.
CREATE TABLE suppression (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    account BLOB REFERENCES account (id) ON DELETE CASCADE,
    email TEXT,
    scope TEXT NOT NULL,
    -- The inviter or the band; the nil id for the whole server.
    subject BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account, scope, subject),
    UNIQUE (email, scope, subject)
) STRICT;

-- Mail that waits to be sent, and what became of it.
CREATE TABLE mail (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    email TEXT NOT NULL,
    -- The account it is to, where it is to one.
    account BLOB,
    band BLOB,
    invite BLOB,
    -- Who brought it about: it counts against what they may have sent.
    actor BLOB,
    -- A code, or a token, sealed under the server's key; gone once the mail is.
    secret BLOB,
    created_at INTEGER NOT NULL,
    -- When it is to be tried next. Who tries it puts this off first: so long nobody else does.
    due_at INTEGER NOT NULL,
    -- Someone waits for it at this moment: it goes before all others.
    urgent INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    -- What became of it, and the mail server's words; null while it waits.
    outcome TEXT,
    note TEXT,
    settled_at INTEGER
) STRICT;
CREATE INDEX mail_due ON mail (urgent, due_at, seq) WHERE settled_at IS NULL;
-- What counts against the limits.
CREATE INDEX mail_actor ON mail (actor, created_at) WHERE actor IS NOT NULL;
CREATE INDEX mail_band ON mail (band, created_at) WHERE band IS NOT NULL;
CREATE INDEX mail_email ON mail (email, created_at);
CREATE INDEX mail_invite ON mail (invite, seq) WHERE invite IS NOT NULL;
CREATE INDEX mail_account ON mail (account, kind, seq) WHERE account IS NOT NULL;
CREATE INDEX mail_settled ON mail (settled_at) WHERE settled_at IS NOT NULL;

-- What was mailed so that its reader shows who they are: the code for an address, sealed under the server's key, or the
-- SHA-256 of a token to set a new password with.
CREATE TABLE challenge (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    -- Null where a new password was wanted for nobody: the work is the same for everyone.
    account BLOB REFERENCES account (id) ON DELETE CASCADE,
    -- To which address.
    email TEXT NOT NULL,
    secret BLOB NOT NULL UNIQUE,
    tries INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX challenge_account ON challenge (account, kind);
CREATE INDEX challenge_expiry ON challenge (expires_at);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    -- Null for what concerns the site and not a band.
    band BLOB,
    at INTEGER NOT NULL,
    -- Null for the server itself.
    actor BLOB,
    action TEXT NOT NULL,
    invite BLOB,
    account BLOB,
    detail TEXT
) STRICT;
-- Read in the order of time, whole or by one of the columns.
CREATE INDEX audit_band ON audit (band, at, seq);
CREATE INDEX audit_actor ON audit (band, actor, at, seq);
CREATE INDEX audit_action ON audit (band, action, at, seq);
CREATE INDEX audit_invite ON audit (band, invite, at, seq) WHERE invite IS NOT NULL;
-- What happened, happened.
CREATE TRIGGER audit_keep BEFORE UPDATE ON audit BEGIN SELECT RAISE (ABORT, 'audit rows do not change'); END;
CREATE TRIGGER audit_stay BEFORE DELETE ON audit BEGIN SELECT RAISE (ABORT, 'audit rows are not deleted'); END;

-- What a request with an Idempotency-Key came to: enough to answer again, no secret.
CREATE TABLE idempotency (
    account BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    -- The resource that was made or changed.
    resource BLOB,
    -- The HTTP status of the first answer, and what else the answer is rebuilt from.
    status INTEGER NOT NULL,
    outcome TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, path, idempotency_key)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);
