-- The texts that people agree to before their face is stored, one a version; a version that somebody
-- may have agreed to never changes.
CREATE TABLE consent_texts (
    version INTEGER NOT NULL PRIMARY KEY CHECK (version > 0),
    text_en TEXT NOT NULL,
    text_es TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB REFERENCES users (id)
) STRICT;

CREATE INDEX consent_texts_by_author ON consent_texts (created_by);

-- What somebody agreed to, or an administrator vouches for, and how it ended. standing_of is user_id
-- while it stands: one at most. Who withdrew before any was recorded has neither version nor given_at.
-- The erased numbers are the receipt of a withdrawal.
CREATE TABLE consents (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    standing_of BLOB UNIQUE,
    version INTEGER,
    state TEXT NOT NULL CHECK (state IN ('standing', 'replaced', 'withdrawn')),
    given_by TEXT NOT NULL CHECK (given_by IN ('person', 'administrator')),
    vouched_by BLOB REFERENCES users (id),
    given_at INTEGER,
    ended_at INTEGER,
    erased_faces INTEGER,
    erased_images INTEGER,
    CHECK ((state = 'standing') = (standing_of IS NOT NULL)),
    CHECK ((state = 'standing') = (ended_at IS NULL)),
    CHECK ((state = 'withdrawn') = (erased_faces IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (erased_images IS NOT NULL)),
    CHECK (standing_of = user_id)
) STRICT;

CREATE INDEX consents_by_user ON consents (user_id, id);
CREATE INDEX consents_by_voucher ON consents (vouched_by);

-- Kiosks. While a code waits to be used, its first half names it and the whole is hashed; the token
-- of a paired one is in its browser alone.
CREATE TABLE devices (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    room_id BLOB REFERENCES rooms (id) ON DELETE SET NULL,
    course_id BLOB REFERENCES courses (id) ON DELETE SET NULL,
    code_name TEXT UNIQUE,
    code_hash TEXT,
    code_tries INTEGER NOT NULL CHECK (code_tries >= 0),
    code_expires_at INTEGER,
    token_hash BLOB UNIQUE CHECK (length(token_hash) = 32),
    paired_at INTEGER,
    last_seen_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (institution_id, name_key),
    CHECK ((code_name IS NULL) = (code_hash IS NULL)),
    CHECK ((code_name IS NULL) = (code_expires_at IS NULL)),
    CHECK ((token_hash IS NULL) = (paired_at IS NULL))
) STRICT;

CREATE INDEX devices_by_room ON devices (room_id);
CREATE INDEX devices_by_course ON devices (course_id);

-- What kiosks handed in after they had been without the server: each counter counts once. While it
-- is worked on, `lease_id` says by whom.
CREATE TABLE device_entries (
    device_id BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    counter INTEGER NOT NULL CHECK (counter > 0),
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
    reason TEXT,
    marked INTEGER NOT NULL CHECK (marked >= 0),
    lease_id BLOB CHECK (length(lease_id) = 16),
    lease_until INTEGER,
    captured_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (device_id, counter),
    CHECK ((state = 'open') = (lease_id IS NOT NULL)),
    CHECK ((state = 'open') = (lease_until IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- For those without a face at a kiosk: Argon2id.
CREATE TABLE pins (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
