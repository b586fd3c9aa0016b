-- A face that is perhaps somebody's: a person looks at it and says whose. `reason` is why the
-- program did not say so itself; the face is a picture of the kind "review", there while the review
-- is open.
CREATE TABLE reviews (
    id BINARY(16) NOT NULL PRIMARY KEY,
    session_id BINARY(16),
    local_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(local_day) = 10),
    taken_at DATETIME(6) NOT NULL,
    source VARCHAR(16) NOT NULL CHECK (source IN ('face', 'class', 'video', 'watch')),
    reason VARCHAR(32) NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('open', 'matched', 'nobody', 'ended')),
    user_id BINARY(16),
    attendance_id BINARY(16),
    settled_by BINARY(16),
    settled_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    KEY reviews_by_session (session_id, taken_at, id),
    KEY reviews_by_state (state, taken_at, id),
    KEY reviews_by_user (user_id),
    KEY reviews_by_mark (attendance_id),
    KEY reviews_by_settler (settled_by),
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'matched') = (user_id IS NOT NULL)),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE SET NULL,
    FOREIGN KEY (user_id) REFERENCES users (id),
    FOREIGN KEY (attendance_id) REFERENCES attendance (id) ON DELETE SET NULL,
    FOREIGN KEY (settled_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Who it may be: position 1 is the most similar person.
CREATE TABLE review_candidates (
    review_id BINARY(16) NOT NULL,
    position BIGINT NOT NULL CHECK (position > 0),
    user_id BINARY(16) NOT NULL,
    score DOUBLE NOT NULL,
    PRIMARY KEY (review_id, position),
    KEY review_candidates_by_user (user_id, review_id),
    FOREIGN KEY (review_id) REFERENCES reviews (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Two people so alike that a camera may take one for the other; first_id is the smaller id.
CREATE TABLE lookalikes (
    first_id BINARY(16) NOT NULL,
    second_id BINARY(16) NOT NULL,
    score DOUBLE NOT NULL,
    found_at DATETIME(6) NOT NULL,
    seen_at DATETIME(6),
    seen_by BINARY(16),
    PRIMARY KEY (first_id, second_id),
    KEY lookalikes_by_second (second_id),
    KEY lookalikes_by_score (score, first_id, second_id),
    KEY lookalikes_by_looker (seen_by),
    /*M! CHECK (first_id < second_id), */
    FOREIGN KEY (first_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (second_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (seen_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- The face of a review is a picture that is nobody's yet. Rules of columns as in step 3.
ALTER TABLE images
    /*!80016 DROP CHECK images_chk_1, */
    /*!80016 ADD CONSTRAINT images_kinds CHECK */
    /*!80016 (kind IN ('profile', 'enrolment', 'mark', 'review')), */
    MODIFY kind VARCHAR(16) NOT NULL
    /*M! CHECK (kind IN ('profile', 'enrolment', 'mark', 'review')) */;

ALTER TABLE images
    MODIFY user_id BINARY(16),
    ADD COLUMN review_id BINARY(16),
    ADD UNIQUE KEY review_id (review_id),
    ADD FOREIGN KEY (review_id) REFERENCES reviews (id) ON DELETE CASCADE;

-- A held template waits for a decision and takes no part in recognition.
ALTER TABLE face_templates
    ADD COLUMN held TINYINT(1) NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    ADD KEY face_templates_by_held (user_id, held);

-- Somebody whose new photos look like another person: an administrator says whether they are two.
-- open_of is user_id while it is open: a person has one open check at most.
CREATE TABLE duplicates (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    other_id BINARY(16) NOT NULL,
    open_of BINARY(16) UNIQUE,
    score DOUBLE NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('open', 'different', 'same')),
    closed_id BINARY(16),
    settled_by BINARY(16),
    settled_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    KEY duplicates_by_user (user_id, state),
    KEY duplicates_by_other (other_id, state),
    KEY duplicates_by_state (state, created_at, id),
    KEY duplicates_by_closed (closed_id),
    KEY duplicates_by_settler (settled_by),
    CHECK ((state = 'open') = (open_of IS NOT NULL)),
    CHECK ((state = 'open') = (settled_at IS NULL)),
    /*M! CHECK ((state = 'same') = (closed_id IS NOT NULL)), */
    /*M! CHECK (open_of = user_id), */
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (other_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (closed_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (settled_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Movements that somebody was asked for. `answered_at` is set once, by whoever answers first; rows
-- are kept for a day, with the fingerprints of the frames that came with the answer.
CREATE TABLE challenges (
    id BINARY(16) NOT NULL PRIMARY KEY,
    steps VARCHAR(64) NOT NULL,
    session_id BINARY(16),
    group_id BINARY(16),
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    answered_at DATETIME(6),
    KEY challenges_by_age (created_at),
    KEY challenges_by_session (session_id),
    KEY challenges_by_group (group_id),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    FOREIGN KEY (group_id) REFERENCES class_groups (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE challenge_frames (
    fingerprint BINARY(32) NOT NULL PRIMARY KEY,
    challenge_id BINARY(16) NOT NULL,
    KEY challenge_frames_by_challenge (challenge_id),
    FOREIGN KEY (challenge_id) REFERENCES challenges (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';
