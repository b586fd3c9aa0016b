-- A face that is perhaps somebody's: a person looks at it and says whose. `reason` is why the
-- program did not say so itself; the face is a picture of the kind "review", there while the review
-- is open.
CREATE TABLE reviews (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    session_id BLOB REFERENCES sessions (id) ON DELETE SET NULL,
    local_day TEXT NOT NULL CHECK (length(local_day) = 10),
    taken_at INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('face', 'class', 'video', 'watch')),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'matched', 'nobody', 'ended')),
    user_id BLOB REFERENCES users (id),
    attendance_id BLOB REFERENCES attendance (id) ON DELETE SET NULL,
    settled_by BLOB REFERENCES users (id),
    settled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'matched') = (user_id IS NOT NULL))
) STRICT;

CREATE INDEX reviews_by_session ON reviews (session_id, taken_at, id);
CREATE INDEX reviews_by_state ON reviews (state, taken_at, id);
CREATE INDEX reviews_by_user ON reviews (user_id);
CREATE INDEX reviews_by_mark ON reviews (attendance_id);
CREATE INDEX reviews_by_settler ON reviews (settled_by);

-- Who it may be: position 1 is the most similar person.
CREATE TABLE review_candidates (
    review_id BLOB NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position > 0),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    score REAL NOT NULL,
    PRIMARY KEY (review_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX review_candidates_by_user ON review_candidates (user_id, review_id);

-- Two people so alike that a camera may take one for the other; first_id is the smaller id.
CREATE TABLE lookalikes (
    first_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    second_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    score REAL NOT NULL,
    found_at INTEGER NOT NULL,
    seen_at INTEGER,
    seen_by BLOB REFERENCES users (id),
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lookalikes_by_second ON lookalikes (second_id);
CREATE INDEX lookalikes_by_score ON lookalikes (score, first_id, second_id);
CREATE INDEX lookalikes_by_looker ON lookalikes (seen_by);

-- The pictures, made anew because SQLite changes no CHECK: the face of a review is nobody's yet.
CREATE TABLE images_with_reviews (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('profile', 'enrolment', 'mark', 'review')),
    profile_of BLOB UNIQUE,
    template_id BLOB UNIQUE REFERENCES face_templates (id) ON DELETE CASCADE,
    attendance_id BLOB UNIQUE REFERENCES attendance (id) ON DELETE CASCADE,
    review_id BLOB UNIQUE REFERENCES reviews (id) ON DELETE CASCADE,
    blob_key TEXT NOT NULL UNIQUE,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    key_id INTEGER CHECK (key_id BETWEEN 0 AND 4294967295),
    created_at INTEGER NOT NULL,
    CHECK ((sealed = 1) = (key_id IS NOT NULL)),
    CHECK ((kind = 'profile') = (profile_of IS NOT NULL)),
    CHECK (profile_of = user_id),
    CHECK ((kind = 'enrolment') = (template_id IS NOT NULL)),
    CHECK ((kind = 'mark') = (attendance_id IS NOT NULL)),
    CHECK ((kind = 'review') = (review_id IS NOT NULL)),
    CHECK ((kind = 'review') = (user_id IS NULL))
) STRICT;

INSERT INTO images_with_reviews (id, user_id, kind, profile_of, template_id, attendance_id,
    blob_key, media_type, size, sha256, sealed, key_id, created_at)
SELECT id, user_id, kind, profile_of, template_id, attendance_id,
    blob_key, media_type, size, sha256, sealed, key_id, created_at FROM images;

DROP TABLE images;

ALTER TABLE images_with_reviews RENAME TO images;

CREATE INDEX images_by_user ON images (user_id, id);
CREATE INDEX images_by_age ON images (kind, created_at, id);

-- A held template waits for a decision and takes no part in recognition.
ALTER TABLE face_templates ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1));

-- So that counting them does not read the templates.
CREATE INDEX face_templates_by_held ON face_templates (user_id, held);

-- Somebody whose new photos look like another person: an administrator says whether they are two.
-- open_of is user_id while it is open: a person has one open check at most.
CREATE TABLE duplicates (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    other_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    open_of BLOB UNIQUE,
    score REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'different', 'same')),
    closed_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    settled_by BLOB REFERENCES users (id),
    settled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'open') = (open_of IS NOT NULL)),
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'same') = (closed_id IS NOT NULL)),
    CHECK (open_of = user_id)
) STRICT;

CREATE INDEX duplicates_by_user ON duplicates (user_id, state);
CREATE INDEX duplicates_by_other ON duplicates (other_id, state);
CREATE INDEX duplicates_by_state ON duplicates (state, created_at, id);
CREATE INDEX duplicates_by_closed ON duplicates (closed_id);
CREATE INDEX duplicates_by_settler ON duplicates (settled_by);

-- Movements that somebody was asked for. `answered_at` is set once, by whoever answers first; rows
-- are kept for a day, with the fingerprints of the frames that came with the answer.
CREATE TABLE challenges (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    steps TEXT NOT NULL,
    session_id BLOB REFERENCES sessions (id) ON DELETE CASCADE,
    group_id BLOB REFERENCES class_groups (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    answered_at INTEGER
) STRICT;

CREATE INDEX challenges_by_age ON challenges (created_at);
CREATE INDEX challenges_by_session ON challenges (session_id);
CREATE INDEX challenges_by_group ON challenges (group_id);

CREATE TABLE challenge_frames (
    fingerprint BLOB NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32),
    challenge_id BLOB NOT NULL REFERENCES challenges (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX challenge_frames_by_challenge ON challenge_frames (challenge_id);
