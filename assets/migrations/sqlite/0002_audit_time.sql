-- The trail is read in the order of time, whole or by one of its columns.
DROP INDEX audit_band;
DROP INDEX audit_actor;
DROP INDEX audit_action;
DROP INDEX audit_invite;
CREATE INDEX audit_band ON audit (band, at, seq);
CREATE INDEX audit_actor ON audit (band, actor, at, seq);
CREATE INDEX audit_action ON audit (band, action, at, seq);
CREATE INDEX audit_invite ON audit (band, invite, at, seq) WHERE invite IS NOT NULL;
