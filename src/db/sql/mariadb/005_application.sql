-- The texts that people agree to before their face is stored, one a version; a version that somebody
-- may have agreed to never changes.
CREATE TABLE consent_texts (
    version BIGINT NOT NULL PRIMARY KEY CHECK (version > 0),
    text_en LONGTEXT NOT NULL,
    text_es LONGTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    created_by BINARY(16),
    KEY consent_texts_by_author (created_by),
    FOREIGN KEY (created_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- What somebody agreed to, or an administrator vouches for, and how it ended. standing_of is user_id
-- while it stands: one at most. Who withdrew before any was recorded has neither version nor given_at.
-- The erased numbers are the receipt of a withdrawal.
CREATE TABLE consents (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    standing_of BINARY(16) UNIQUE,
    version BIGINT,
    state VARCHAR(16) NOT NULL CHECK (state IN ('standing', 'replaced', 'withdrawn')),
    given_by VARCHAR(16) NOT NULL CHECK (given_by IN ('person', 'administrator')),
    vouched_by BINARY(16),
    given_at DATETIME(6),
    ended_at DATETIME(6),
    erased_faces BIGINT,
    erased_images BIGINT,
    KEY consents_by_user (user_id, id),
    KEY consents_by_voucher (vouched_by),
    CHECK ((state = 'standing') = (standing_of IS NOT NULL)),
    CHECK ((state = 'standing') = (ended_at IS NULL)),
    CHECK ((state = 'withdrawn') = (erased_faces IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (erased_images IS NOT NULL)),
    /*M! CHECK (standing_of = user_id), */
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (vouched_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Kiosks. While a code waits to be used, its first half names it and the whole is hashed; the token
-- of a paired one is in its browser alone.
CREATE TABLE devices (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    room_id BINARY(16),
    course_id BINARY(16),
    code_name VARCHAR(16) UNIQUE,
    code_hash VARCHAR(255),
    code_tries INT NOT NULL CHECK (code_tries >= 0),
    code_expires_at DATETIME(6),
    token_hash BINARY(32) UNIQUE,
    paired_at DATETIME(6),
    last_seen_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY devices_once (institution_id, name_key),
    KEY devices_by_room (room_id),
    KEY devices_by_course (course_id),
    CHECK ((code_name IS NULL) = (code_hash IS NULL)),
    CHECK ((code_name IS NULL) = (code_expires_at IS NULL)),
    CHECK ((token_hash IS NULL) = (paired_at IS NULL)),
    FOREIGN KEY (institution_id) REFERENCES institutions (id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE SET NULL,
    FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- What kiosks handed in after they had been without the server: each counter counts once. While it
-- is worked on, `lease_id` says by whom.
CREATE TABLE device_entries (
    device_id BINARY(16) NOT NULL,
    counter BIGINT NOT NULL CHECK (counter > 0),
    state VARCHAR(16) NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
    reason VARCHAR(16),
    marked INT NOT NULL CHECK (marked >= 0),
    lease_id BINARY(16),
    lease_until DATETIME(6),
    captured_at DATETIME(6) NOT NULL,
    received_at DATETIME(6) NOT NULL,
    PRIMARY KEY (device_id, counter),
    CHECK ((state = 'open') = (lease_id IS NOT NULL)),
    CHECK ((state = 'open') = (lease_until IS NOT NULL)),
    FOREIGN KEY (device_id) REFERENCES devices (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- For those without a face at a kiosk: Argon2id.
CREATE TABLE pins (
    user_id BINARY(16) NOT NULL PRIMARY KEY,
    hash VARCHAR(255) NOT NULL,
    changed_at DATETIME(6) NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';
