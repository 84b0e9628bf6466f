-- Accounts, sessions, bands, members, invites and the audit trail.
-- Times are microseconds since 1970, ids sixteen bytes (UUID version 7).

CREATE TABLE account (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    username text COLLATE "C" NOT NULL,
    -- The comparison form of the name: letter case makes no second account.
    username_key text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    email_verified boolean NOT NULL,
    -- The address where it is this account's alone: once verified, or at once on a server without mail.
    email_claim text COLLATE "C",
    password_hash text COLLATE "C" NOT NULL,
    site_admin boolean NOT NULL,
    created_at bigint NOT NULL,
    -- The invite and the person that brought the account, where one did.
    invited_by uuid,
    -- Invites it may make in 30 days: null is what the site allows everyone, -1 any number.
    quota bigint,
    -- When its holder deleted it: what it did stays, who did it is not told.
    deleted_at bigint,
    -- The names in the form in which they are compared, and the tokens that lead to them.
    search_text text COLLATE "C" NOT NULL DEFAULT '',
    search tsvector NOT NULL DEFAULT ''::tsvector
);
-- Conditions that always hold: a change of a column that is unique without one would wait for whoever writes a row that
-- refers to the account, and they can wait for whoever changes it.
CREATE UNIQUE INDEX account_username_key ON account (username_key) WHERE username_key IS NOT NULL;
CREATE UNIQUE INDEX account_email_claim ON account (email_claim) WHERE email_claim IS NOT NULL;
-- Who typed an address, verified or not.
CREATE INDEX account_email ON account (email);
-- Who runs the site: a handful.
CREATE INDEX account_site_admin ON account (id) WHERE site_admin;
CREATE INDEX account_search ON account USING gin (search) WITH (fastupdate = off);

CREATE TABLE session (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    account uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX session_account ON session (account, seq);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE band (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    contact text COLLATE "C",
    join_mode text COLLATE "C" NOT NULL,
    invite_permission text COLLATE "C" NOT NULL,
    -- What the band decides over the site's policy, as JSON: it tightens, and never loosens. Null is nothing.
    policy text COLLATE "C",
    revision bigint NOT NULL DEFAULT 0,
    -- The name, folded: a part of it finds the band.
    search_text text COLLATE "C" NOT NULL DEFAULT '',
    -- Totals, kept in the transactions that change them.
    members bigint NOT NULL DEFAULT 0,
    invites bigint NOT NULL DEFAULT 0,
    pending bigint NOT NULL DEFAULT 0,
    views bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    deleted_at bigint
);
-- Those that anyone finds.
CREATE INDEX band_open ON band (seq) WHERE join_mode <> 'invite' AND deleted_at IS NULL;

-- The site itself is a band that nobody is in: on it hang codes that only let people register.
INSERT INTO band (id, name, join_mode, invite_permission, created_at)
VALUES ('00000000-0000-0000-0000-000000000000', 'the site', 'invite', 'admins', 0);

CREATE TABLE member (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    band uuid NOT NULL REFERENCES band (id),
    account uuid NOT NULL REFERENCES account (id),
    role text COLLATE "C" NOT NULL,
    can_invite boolean NOT NULL,
    joined_at bigint NOT NULL,
    -- Who brought them, and by which invite.
    invited_by uuid,
    invite uuid,
    -- The names in the form in which they are compared, and the tokens that lead to them.
    search_text text COLLATE "C" NOT NULL DEFAULT '',
    search tsvector NOT NULL DEFAULT ''::tsvector,
    UNIQUE (band, account)
);
CREATE INDEX member_band ON member (band, seq);
CREATE INDEX member_inviter ON member (band, invited_by, seq);
CREATE INDEX member_account ON member (account, seq);
CREATE UNIQUE INDEX member_owner ON member (band) WHERE role = 'owner';
CREATE INDEX member_admin ON member (band) WHERE role = 'admin';
CREATE INDEX member_search ON member USING gin (search) WITH (fastupdate = off);

-- Those who were removed, and since when; banned ones never come back by themselves.
CREATE TABLE departure (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    band uuid NOT NULL REFERENCES band (id),
    account uuid NOT NULL REFERENCES account (id),
    at bigint NOT NULL,
    banned boolean NOT NULL,
    acted_by uuid NOT NULL,
    UNIQUE (band, account)
);
CREATE INDEX departure_band ON departure (band, banned, at, seq);

-- Bands that name an account which is not in them, or not any more: who was, and who did something to an invite from outside.
-- Whom an invite is for by name, and who asked to come in, is told by those rows.
CREATE TABLE mention (
    account uuid NOT NULL REFERENCES account (id),
    band uuid NOT NULL REFERENCES band (id),
    PRIMARY KEY (account, band)
);

-- Sets of invites that end together. Each band has one that cannot be deleted, under the band's own id, for the
-- invites that were made without a set.
CREATE TABLE campaign (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    band uuid NOT NULL REFERENCES band (id),
    name text COLLATE "C" NOT NULL,
    -- What its invites share; the default campaign's share nothing.
    role text COLLATE "C",
    message text COLLATE "C",
    expires_at bigint,
    -- Hours after sending, as JSON; null for the rules of the band.
    reminders text COLLATE "C",
    max_invites bigint,
    max_accepts bigint,
    -- What its invites are to, as JSON, how often that was changed, and when it was last.
    event text COLLATE "C",
    event_sequence bigint NOT NULL DEFAULT 0,
    event_changed_at bigint,
    created_at bigint NOT NULL,
    created_by uuid REFERENCES account (id),
    ended_at bigint,
    deleted_at bigint
);
CREATE INDEX campaign_band ON campaign (band, seq);

-- How many invites were made and stand where, and how often they were used: by kind (a row for each, under the nil
-- id), campaign and inviter. Kept in the transactions that change them, so that statistics read a few rows. Under
-- `brought`, `made` is how many of the band's members came by invites of an account; under `joined`, how many came in on
-- a day, counted in UTC from 1970.
CREATE TABLE tally (
    band uuid NOT NULL REFERENCES band (id),
    dimension text COLLATE "C" NOT NULL,
    subject uuid NOT NULL,
    made bigint NOT NULL,
    pending bigint NOT NULL,
    accepted bigint NOT NULL,
    rejected bigint NOT NULL,
    cancelled bigint NOT NULL,
    -- Of the cancelled: those whose time ran out, alone or with their campaign.
    expired bigint NOT NULL,
    uses bigint NOT NULL,
    sent bigint NOT NULL,
    PRIMARY KEY (band, dimension, subject)
);
CREATE INDEX tally_made ON tally (band, dimension, made, subject);

CREATE TABLE invite (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    band uuid NOT NULL REFERENCES band (id),
    campaign uuid REFERENCES campaign (id),
    kind text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    cancel_reason text COLLATE "C",
    email text COLLATE "C",
    account uuid REFERENCES account (id),
    label text COLLATE "C",
    message text COLLATE "C",
    -- SHA-256 for look-up; the token sealed under the server's key for showing it again.
    token_hash bytea NOT NULL UNIQUE,
    token_sealed bytea NOT NULL,
    hint text COLLATE "C" NOT NULL,
    max_uses bigint,
    uses bigint NOT NULL DEFAULT 0,
    views bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    created_by uuid NOT NULL REFERENCES account (id),
    expires_at bigint,
    status_at bigint NOT NULL,
    acted_by uuid,
    used_at bigint,
    used_by uuid,
    delivery text COLLATE "C" NOT NULL DEFAULT 'none',
    -- Why its mail waits or came back, in the mail server's words, and when it is tried again.
    delivery_note text COLLATE "C",
    delivery_next_at bigint,
    sent_at bigint,
    reminders_sent bigint NOT NULL DEFAULT 0,
    next_reminder_at bigint,
    -- The one before the end, which moves with it.
    last_reminder_at bigint,
    requires_approval boolean NOT NULL,
    decline_reason text COLLATE "C",
    -- The rules it was made under, as JSON: a later change of policy alters no link already sent.
    policy text COLLATE "C" NOT NULL,
    -- The last change of many invites that was written to this one before its turn.
    decision bigint NOT NULL DEFAULT 0,
    -- The texts by which it is found, folded: what the index finds is looked at again.
    search_text text COLLATE "C" NOT NULL DEFAULT '',
    search tsvector NOT NULL DEFAULT ''::tsvector
);
CREATE INDEX invite_band ON invite (band, seq);
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
CREATE INDEX invite_search ON invite USING gin (search) WITH (fastupdate = off);

-- What was decided about many pending invites at once and is not written to all of them yet: that they end, or what
-- becomes of them.
CREATE TABLE decision (
    -- Never used again: invites keep it.
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    band uuid NOT NULL REFERENCES band (id),
    -- Whose invites: those of a campaign, those that somebody made, all of the band's.
    campaign uuid,
    maker uuid,
    -- Which of these: all, those to admin, and those that end with their maker by their own rules.
    every boolean NOT NULL,
    by_rules boolean NOT NULL,
    -- Why they end; null where they go on.
    reason text COLLATE "C",
    role text COLLATE "C",
    sets_message boolean NOT NULL,
    message text COLLATE "C",
    sets_end boolean NOT NULL,
    expires_at bigint,
    -- Null for the server itself.
    actor uuid,
    at bigint NOT NULL,
    -- The newest invite there was then: those that were made later go on.
    upto bigint NOT NULL,
    -- It is written to those up to this one.
    past bigint NOT NULL
);
CREATE INDEX decision_band ON decision (band, seq);

-- Saved defaults for new invites.
CREATE TABLE template (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    band uuid NOT NULL REFERENCES band (id),
    name text COLLATE "C" NOT NULL,
    -- The comparison form of the name: letter case makes no second template.
    name_key text COLLATE "C" NOT NULL,
    -- Null where it follows from whom an invite is for.
    kind text COLLATE "C",
    role text COLLATE "C" NOT NULL,
    -- Null for invites that do not end, and for any number of uses.
    ttl_hours bigint,
    max_uses bigint,
    label text COLLATE "C",
    message text COLLATE "C",
    campaign uuid REFERENCES campaign (id),
    requires_approval boolean NOT NULL,
    created_at bigint NOT NULL,
    created_by uuid NOT NULL REFERENCES account (id),
    UNIQUE (band, name_key)
);
CREATE INDEX template_band ON template (band, seq);
CREATE INDEX template_campaign ON template (campaign) WHERE campaign IS NOT NULL;

-- Who asks to come in, with an invite that needs an admin's word or without one.
CREATE TABLE join_request (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    band uuid NOT NULL REFERENCES band (id),
    account uuid NOT NULL REFERENCES account (id),
    invite uuid REFERENCES invite (id),
    role text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    status_at bigint NOT NULL,
    -- Null for the server itself.
    acted_by uuid
);
CREATE INDEX join_request_band ON join_request (band, status, seq);
-- Asking again is the same request.
CREATE UNIQUE INDEX join_request_pending ON join_request (account, band) WHERE status = 'pending';
-- What somebody asked, the newest first.
CREATE INDEX join_request_account ON join_request (account, seq);
CREATE INDEX join_request_invite ON join_request (invite, status);

CREATE TABLE redemption (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invite uuid NOT NULL REFERENCES invite (id),
    band uuid NOT NULL REFERENCES band (id),
    account uuid NOT NULL REFERENCES account (id),
    at bigint NOT NULL,
    -- Taken by signing up with the invite; the membership is still to come.
    held boolean NOT NULL
);
CREATE INDEX redemption_invite ON redemption (invite, seq);
CREATE INDEX redemption_band ON redemption (band, seq);
CREATE INDEX redemption_held ON redemption (account, invite) WHERE held;

-- Who wants no more invites: an account or an address; of whom is `scope`.
CREATE TABLE suppression (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    account uuid REFERENCES account (id) ON DELETE CASCADE,
    email text COLLATE "C",
    scope text COLLATE "C" NOT NULL,
    -- The inviter or the band; the nil id for the whole server.
    subject uuid NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (account, scope, subject),
    UNIQUE (email, scope, subject)
);

-- Mail that waits to be sent, and what became of it.
CREATE TABLE mail (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    -- The account it is to, where it is to one.
    account uuid,
    band uuid,
    invite uuid,
    -- Who brought it about: it counts against what they may have sent.
    actor uuid,
    -- A code, or a token, sealed under the server's key; gone once the mail is.
    secret bytea,
    created_at bigint NOT NULL,
    -- When it is to be tried next. Who tries it puts this off first: so long nobody else does.
    due_at bigint NOT NULL,
    -- Someone waits for it at this moment: it goes before all others.
    urgent boolean NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    -- What became of it, and the mail server's words; null while it waits.
    outcome text COLLATE "C",
    note text COLLATE "C",
    settled_at bigint
);
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
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    -- Null where a new password was wanted for nobody: the work is the same for everyone.
    account uuid REFERENCES account (id) ON DELETE CASCADE,
    -- To which address.
    email text COLLATE "C" NOT NULL,
    secret bytea NOT NULL UNIQUE,
    tries bigint NOT NULL DEFAULT 0,
    expires_at bigint NOT NULL
);
CREATE INDEX challenge_account ON challenge (account, kind);
CREATE INDEX challenge_expiry ON challenge (expires_at);

CREATE TABLE audit (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Null for what concerns the site and not a band.
    band uuid,
    at bigint NOT NULL,
    -- Null for the server itself.
    actor uuid,
    action text COLLATE "C" NOT NULL,
    invite uuid,
    account uuid,
    detail text COLLATE "C"
);
-- Read in the order of time, whole or by one of the columns.
CREATE INDEX audit_band ON audit (band, at, seq);
CREATE INDEX audit_actor ON audit (band, actor, at, seq);
CREATE INDEX audit_action ON audit (band, action, at, seq);
CREATE INDEX audit_invite ON audit (band, invite, at, seq) WHERE invite IS NOT NULL;
-- What happened, happened.
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit rows do not change'; END $$;
CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_stay BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

-- What a request with an Idempotency-Key came to: enough to answer again, no secret.
CREATE TABLE idempotency (
    account uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    path text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL,
    -- The resource that was made or changed.
    resource uuid,
    -- The HTTP status of the first answer, and what else the answer is rebuilt from.
    status bigint NOT NULL,
    outcome text COLLATE "C",
    created_at bigint NOT NULL,
    PRIMARY KEY (account, path, idempotency_key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- How many rows a band has differs by five orders of magnitude, and a statement is planned once for all bands. By the average
-- of what is there, which one large band makes large, a small band's few rows would be looked for from the end of the whole
-- table; so each band is planned for as a small one: by the indexes that begin with it, which a large one is walked along, too.
ALTER TABLE member ALTER COLUMN band SET (n_distinct = -0.002);
ALTER TABLE campaign ALTER COLUMN band SET (n_distinct = -0.002);
ALTER TABLE invite ALTER COLUMN band SET (n_distinct = -0.002);
ALTER TABLE join_request ALTER COLUMN band SET (n_distinct = -0.002);
ALTER TABLE redemption ALTER COLUMN band SET (n_distinct = -0.002);
ALTER TABLE audit ALTER COLUMN band SET (n_distinct = -0.002);
