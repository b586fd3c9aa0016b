-- A face that is perhaps somebody's: a person looks at it and says whose. `reason` is why the
-- program did not say so itself; the face is a picture of the kind "review", there while the review
-- is open.
CREATE TABLE reviews (
    id UUID NOT NULL PRIMARY KEY,
    session_id UUID REFERENCES sessions (id) ON DELETE SET NULL,
    local_day TEXT COLLATE "C" NOT NULL CHECK (length(local_day) = 10),
    taken_at TIMESTAMPTZ NOT NULL,
    source TEXT COLLATE "C" NOT NULL CHECK (source IN ('face', 'class', 'video', 'watch')),
    reason TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'matched', 'nobody', 'ended')),
    user_id UUID REFERENCES users (id),
    attendance_id UUID REFERENCES attendance (id) ON DELETE SET NULL,
    settled_by UUID REFERENCES users (id),
    settled_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'matched') = (user_id IS NOT NULL))
);

CREATE INDEX reviews_by_session ON reviews (session_id, taken_at, id);
CREATE INDEX reviews_by_state ON reviews (state, taken_at, id);
CREATE INDEX reviews_by_user ON reviews (user_id);
CREATE INDEX reviews_by_mark ON reviews (attendance_id);
CREATE INDEX reviews_by_settler ON reviews (settled_by);

-- Who it may be: position 1 is the most similar person.
CREATE TABLE review_candidates (
    review_id UUID NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    position BIGINT NOT NULL CHECK (position > 0),
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    score DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (review_id, position)
);

CREATE INDEX review_candidates_by_user ON review_candidates (user_id, review_id);

-- Two people so alike that a camera may take one for the other; first_id is the smaller id.
CREATE TABLE lookalikes (
    first_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    second_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    score DOUBLE PRECISION NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ,
    seen_by UUID REFERENCES users (id),
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id)
);

CREATE INDEX lookalikes_by_second ON lookalikes (second_id);
CREATE INDEX lookalikes_by_score ON lookalikes (score, first_id, second_id);
CREATE INDEX lookalikes_by_looker ON lookalikes (seen_by);

-- The face of a review is a picture that is nobody's yet.
ALTER TABLE images
    ADD COLUMN review_id UUID UNIQUE REFERENCES reviews (id) ON DELETE CASCADE,
    ALTER COLUMN user_id DROP NOT NULL,
    DROP CONSTRAINT images_kind_check,
    ADD CONSTRAINT images_kind_check CHECK (kind IN ('profile', 'enrolment', 'mark', 'review')),
    ADD CONSTRAINT images_review_check CHECK ((kind = 'review') = (review_id IS NOT NULL)),
    ADD CONSTRAINT images_user_check CHECK ((kind = 'review') = (user_id IS NULL));

-- A held template waits for a decision and takes no part in recognition.
ALTER TABLE face_templates ADD COLUMN held BOOLEAN NOT NULL DEFAULT FALSE;

-- So that counting them does not read the templates.
CREATE INDEX face_templates_by_held ON face_templates (user_id, held);

-- Somebody whose new photos look like another person: an administrator says whether they are two.
-- open_of is user_id while it is open: a person has one open check at most.
CREATE TABLE duplicates (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    other_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    open_of UUID UNIQUE,
    score DOUBLE PRECISION NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'different', 'same')),
    closed_id UUID REFERENCES users (id) ON DELETE CASCADE,
    settled_by UUID REFERENCES users (id),
    settled_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK ((state = 'open') = (open_of IS NOT NULL)),
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'same') = (closed_id IS NOT NULL)),
    CHECK (open_of = user_id)
);

CREATE INDEX duplicates_by_user ON duplicates (user_id, state);
CREATE INDEX duplicates_by_other ON duplicates (other_id, state);
CREATE INDEX duplicates_by_state ON duplicates (state, created_at, id);
CREATE INDEX duplicates_by_closed ON duplicates (closed_id);
CREATE INDEX duplicates_by_settler ON duplicates (settled_by);

-- Movements that somebody was asked for. `answered_at` is set once, by whoever answers first; rows
-- are kept for a day, with the fingerprints of the frames that came with the answer.
CREATE TABLE challenges (
    id UUID NOT NULL PRIMARY KEY,
    steps TEXT NOT NULL,
    session_id UUID REFERENCES sessions (id) ON DELETE CASCADE,
    group_id UUID REFERENCES class_groups (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ
);

CREATE INDEX challenges_by_age ON challenges (created_at);
CREATE INDEX challenges_by_session ON challenges (session_id);
CREATE INDEX challenges_by_group ON challenges (group_id);

CREATE TABLE challenge_frames (
    fingerprint BYTEA NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32),
    challenge_id UUID NOT NULL REFERENCES challenges (id) ON DELETE CASCADE
);

CREATE INDEX challenge_frames_by_challenge ON challenge_frames (challenge_id);
