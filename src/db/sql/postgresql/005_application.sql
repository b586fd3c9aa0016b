-- The texts that people agree to before their face is stored, one a version; a version that somebody
-- may have agreed to never changes.
CREATE TABLE consent_texts (
    version BIGINT NOT NULL PRIMARY KEY CHECK (version > 0),
    text_en TEXT NOT NULL,
    text_es TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID REFERENCES users (id)
);

CREATE INDEX consent_texts_by_author ON consent_texts (created_by);

-- What somebody agreed to, or an administrator vouches for, and how it ended. standing_of is user_id
-- while it stands: one at most. Who withdrew before any was recorded has neither version nor given_at.
-- The erased numbers are the receipt of a withdrawal.
CREATE TABLE consents (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    standing_of UUID UNIQUE,
    version BIGINT,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('standing', 'replaced', 'withdrawn')),
    given_by TEXT COLLATE "C" NOT NULL CHECK (given_by IN ('person', 'administrator')),
    vouched_by UUID REFERENCES users (id),
    given_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    erased_faces BIGINT,
    erased_images BIGINT,
    CHECK ((state = 'standing') = (standing_of IS NOT NULL)),
    CHECK ((state = 'standing') = (ended_at IS NULL)),
    CHECK ((state = 'withdrawn') = (erased_faces IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (erased_images IS NOT NULL)),
    CHECK (standing_of = user_id)
);

CREATE INDEX consents_by_user ON consents (user_id, id);
CREATE INDEX consents_by_voucher ON consents (vouched_by);

-- Kiosks. While a code waits to be used, its first half names it and the whole is hashed; the token
-- of a paired one is in its browser alone.
CREATE TABLE devices (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    room_id UUID REFERENCES rooms (id) ON DELETE SET NULL,
    course_id UUID REFERENCES courses (id) ON DELETE SET NULL,
    code_name TEXT COLLATE "C" UNIQUE,
    code_hash TEXT COLLATE "C",
    code_tries INTEGER NOT NULL CHECK (code_tries >= 0),
    code_expires_at TIMESTAMPTZ,
    token_hash BYTEA UNIQUE CHECK (length(token_hash) = 32),
    paired_at TIMESTAMPTZ,
    last_seen_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution_id, name_key),
    CHECK ((code_name IS NULL) = (code_hash IS NULL)),
    CHECK ((code_name IS NULL) = (code_expires_at IS NULL)),
    CHECK ((token_hash IS NULL) = (paired_at IS NULL))
);

CREATE INDEX devices_by_room ON devices (room_id);
CREATE INDEX devices_by_course ON devices (course_id);

-- What kiosks handed in after they had been without the server: each counter counts once. While it
-- is worked on, `lease_id` says by whom.
CREATE TABLE device_entries (
    device_id UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    counter BIGINT NOT NULL CHECK (counter > 0),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
    reason TEXT COLLATE "C",
    marked INTEGER NOT NULL CHECK (marked >= 0),
    lease_id UUID,
    lease_until TIMESTAMPTZ,
    captured_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (device_id, counter),
    CHECK ((state = 'open') = (lease_id IS NOT NULL)),
    CHECK ((state = 'open') = (lease_until IS NOT NULL))
);

-- For those without a face at a kiosk: Argon2id.
CREATE TABLE pins (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT COLLATE "C" NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
