-- What a university teaches, and when.
CREATE TABLE terms (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    first_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(first_day) = 10),
    last_day VARCHAR(10) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY terms_once (institution_id, name_key),
    CHECK (last_day >= first_day),
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE subjects (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    code VARCHAR(100),
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY subjects_once (institution_id, name_key),
    UNIQUE KEY subjects_once_by_code (institution_id, code),
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE rooms (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    capacity INT CHECK (capacity > 0),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY rooms_once (institution_id, name_key),
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- The rules are a JSON document that core/rules.h reads and writes. The one that holds where a
-- course names none stands again in default_of, so that the key keeps an institution to one.
CREATE TABLE policies (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    default_of BINARY(16) UNIQUE,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    rules LONGTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY policies_once (institution_id, name_key),
    CHECK (default_of = institution_id),
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE courses (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    term_id BINARY(16) NOT NULL,
    subject_id BINARY(16) NOT NULL,
    policy_id BINARY(16),
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY courses_once (term_id, name_key),
    KEY courses_by_name (name_key, id),
    KEY courses_by_subject (subject_id),
    KEY courses_by_policy (policy_id),
    FOREIGN KEY (institution_id) REFERENCES institutions (id),
    FOREIGN KEY (term_id) REFERENCES terms (id),
    FOREIGN KEY (subject_id) REFERENCES subjects (id),
    FOREIGN KEY (policy_id) REFERENCES policies (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE course_groups (
    course_id BINARY(16) NOT NULL,
    group_id BINARY(16) NOT NULL,
    PRIMARY KEY (course_id, group_id),
    KEY course_groups_by_group (group_id, course_id),
    FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE,
    FOREIGN KEY (group_id) REFERENCES class_groups (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE course_teachers (
    course_id BINARY(16) NOT NULL,
    teacher_id BINARY(16) NOT NULL,
    PRIMARY KEY (teacher_id, course_id),
    KEY course_teachers_by_course (course_id, teacher_id),
    FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE,
    FOREIGN KEY (teacher_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Who belongs to a group, or to one course alone, from when to when (both days included). The group
-- in which a person is now stands in users.group_id as well.
CREATE TABLE enrolments (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    group_id BINARY(16),
    course_id BINARY(16),
    first_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(first_day) = 10),
    last_day VARCHAR(10),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY enrolments_once (user_id, group_id, first_day),
    UNIQUE KEY enrolments_once_in_course (user_id, course_id, first_day),
    KEY enrolments_by_group (group_id, user_id, first_day, last_day),
    KEY enrolments_by_course (course_id, user_id, first_day, last_day),
    CHECK (last_day >= first_day),
    /*M! CHECK ((group_id IS NULL) <> (course_id IS NULL)), */
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (group_id) REFERENCES class_groups (id) ON DELETE CASCADE,
    FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- The ids are made of the people's, so that the second run of an interrupted step finds the rows.
INSERT INTO enrolments (id, user_id, group_id, first_day, created_at, updated_at)
SELECT UNHEX(LEFT(SHA2(CONCAT('enrolment ', HEX(u.id)), 256), 32)), u.id, u.group_id,
    DATE_FORMAT(u.created_at, '%Y-%m-%d'), u.created_at, u.updated_at
FROM users u WHERE u.group_id IS NOT NULL AND u.role = 'student' AND u.deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM enrolments e WHERE e.user_id = u.id);

-- Days on which nothing is taught.
CREATE TABLE holidays (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    first_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(first_day) = 10),
    last_day VARCHAR(10) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    KEY holidays_by_day (institution_id, first_day, last_day),
    CHECK (last_day >= first_day),
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- A course's hours in each week (or each second one …, counted from first_day), in seconds after
-- midnight on the institution's wall. An end before the start is on the next day.
CREATE TABLE slots (
    id BINARY(16) NOT NULL PRIMARY KEY,
    course_id BINARY(16) NOT NULL,
    room_id BINARY(16),
    weekday INT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_second INT NOT NULL CHECK (start_second BETWEEN 0 AND 86399),
    end_second INT NOT NULL CHECK (end_second BETWEEN 0 AND 86399),
    first_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(first_day) = 10),
    last_day VARCHAR(10) NOT NULL,
    every_weeks INT NOT NULL CHECK (every_weeks BETWEEN 1 AND 8),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    KEY slots_by_course (course_id, weekday, start_second),
    KEY slots_by_room (room_id),
    CHECK (last_day >= first_day),
    CHECK (end_second <> start_second),
    FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE,
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- What really takes place. Those of a slot name it and the day that it gave them; who moved or
-- cancelled one by hand set `edited`, and generating again leaves it alone.
CREATE TABLE sessions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    course_id BINARY(16) NOT NULL,
    slot_id BINARY(16),
    slot_day VARCHAR(10) CHECK (CHAR_LENGTH(slot_day) = 10),
    external_uid VARCHAR(500),
    room_id BINARY(16),
    title VARCHAR(255),
    local_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(local_day) = 10),
    start_second INT NOT NULL CHECK (start_second BETWEEN 0 AND 86399),
    end_second INT NOT NULL CHECK (end_second BETWEEN 0 AND 86399),
    starts_at DATETIME(6) NOT NULL,
    ends_at DATETIME(6) NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('planned', 'cancelled')),
    edited TINYINT(1) NOT NULL CHECK (edited IN (0, 1)),
    note TEXT,
    closed_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY sessions_once (slot_id, slot_day),
    UNIQUE KEY sessions_once_by_uid (course_id, external_uid),
    KEY sessions_by_course (course_id, starts_at, id),
    KEY sessions_by_start (starts_at, id),
    KEY sessions_by_room (room_id),
    KEY sessions_to_close (closed_at, ends_at),
    CHECK (ends_at > starts_at),
    FOREIGN KEY (course_id) REFERENCES courses (id),
    FOREIGN KEY (slot_id) REFERENCES slots (id) ON DELETE SET NULL,
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Marks have further ways of marking, the session, the site's own status (its code in the course's
-- policy), when the picture was taken by the device's clock, and when a person was seen last. What
-- a column may hold belongs to the column on MariaDB, and to the table on MySQL, which numbers such
-- rules.
ALTER TABLE attendance
    /*!80016 DROP CHECK attendance_chk_3, */
    /*!80016 ADD CONSTRAINT attendance_methods CHECK */
    /*!80016 (method IN ('face', 'manual', 'automatic', 'photo', 'code', 'import')), */
    MODIFY method VARCHAR(16) NOT NULL
    /*M! CHECK (method IN ('face', 'manual', 'automatic', 'photo', 'code', 'import')) */;

ALTER TABLE attendance
    ADD COLUMN session_id BINARY(16),
    ADD COLUMN course_id BINARY(16),
    ADD COLUMN captured_at DATETIME(6),
    ADD COLUMN last_seen_at DATETIME(6),
    ADD COLUMN status_code VARCHAR(64),
    ADD KEY attendance_by_course (course_id, local_day, marked_at, id, status),
    ADD KEY attendance_by_session (session_id, user_id),
    ADD CONSTRAINT attendance_in_course CHECK ((session_id IS NULL) = (course_id IS NULL)),
    ADD FOREIGN KEY (session_id) REFERENCES sessions (id),
    ADD FOREIGN KEY (course_id) REFERENCES courses (id);

-- What a mark was before each change, and why it was changed.
CREATE TABLE attendance_changes (
    id BINARY(16) NOT NULL PRIMARY KEY,
    attendance_id BINARY(16) NOT NULL,
    changed_at DATETIME(6) NOT NULL,
    changed_by BINARY(16),
    from_status VARCHAR(16) NOT NULL
        CHECK (from_status IN ('present', 'late', 'absent', 'excused')),
    from_code VARCHAR(64),
    from_method VARCHAR(16) NOT NULL,
    to_status VARCHAR(16) NOT NULL CHECK (to_status IN ('present', 'late', 'absent', 'excused')),
    to_code VARCHAR(64),
    reason TEXT,
    KEY attendance_changes_by_mark (attendance_id, changed_at, id),
    KEY attendance_changes_by_time (changed_at, id),
    KEY attendance_changes_by_writer (changed_by),
    FOREIGN KEY (attendance_id) REFERENCES attendance (id) ON DELETE CASCADE,
    FOREIGN KEY (changed_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- A student says that a mark is wrong. One that waits for an answer stands again in open_of, so
-- that the key keeps a mark to one.
CREATE TABLE disputes (
    id BINARY(16) NOT NULL PRIMARY KEY,
    attendance_id BINARY(16) NOT NULL,
    open_of BINARY(16) UNIQUE,
    user_id BINARY(16) NOT NULL,
    message TEXT NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'withdrawn')),
    answer TEXT,
    answered_by BINARY(16),
    answered_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    KEY disputes_by_mark (attendance_id, created_at),
    KEY disputes_by_user (user_id, created_at, id),
    KEY disputes_by_state (state, created_at, id),
    KEY disputes_by_answerer (answered_by),
    CHECK ((state = 'open') = (open_of IS NOT NULL)),
    /*M! CHECK (open_of = attendance_id), */
    FOREIGN KEY (attendance_id) REFERENCES attendance (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id),
    FOREIGN KEY (answered_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- How people are called elsewhere: student numbers on cards, a reader's language.
ALTER TABLE users
    ADD COLUMN student_number VARCHAR(100),
    ADD COLUMN language VARCHAR(8) CHECK (language IN ('es', 'en')),
    ADD UNIQUE KEY users_by_student_number (institution_id, student_number);

-- Ids of other systems (OneRoster's sourcedId), so that what was imported is known again.
CREATE TABLE external_ids (
    kind VARCHAR(64) NOT NULL,
    external_id VARCHAR(255) NOT NULL,
    entity_id BINARY(16) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (kind, external_id),
    KEY external_ids_by_entity (entity_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Photos that a bulk enrolment has dealt with, by their SHA-256, so that it goes on where it was
-- interrupted.
CREATE TABLE photo_imports (
    user_id BINARY(16) NOT NULL,
    sha256 BINARY(32) NOT NULL,
    outcome VARCHAR(255) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, sha256),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- The address of a person's calendar, of which only a digest is kept.
CREATE TABLE calendar_feeds (
    user_id BINARY(16) NOT NULL PRIMARY KEY,
    token_hash BINARY(32) NOT NULL UNIQUE,
    created_at DATETIME(6) NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE webhooks (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret VARCHAR(255) NOT NULL,
    active TINYINT(1) NOT NULL CHECK (active IN (0, 1)),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- What is to leave the house: mail and webhooks. It is written in the transaction of what it tells
-- of; dedupe_key keeps several nodes from telling it twice.
CREATE TABLE outbox (
    id BINARY(16) NOT NULL PRIMARY KEY,
    channel VARCHAR(16) NOT NULL CHECK (channel IN ('mail', 'webhook')),
    kind VARCHAR(64) NOT NULL,
    dedupe_key VARCHAR(255) NOT NULL UNIQUE,
    user_id BINARY(16),
    webhook_id BINARY(16),
    parameters LONGTEXT NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('waiting', 'sent', 'dead', 'cancelled')),
    attempts INT NOT NULL,
    due_at DATETIME(6) NOT NULL,
    leased_until DATETIME(6),
    lease VARCHAR(100),
    last_error TEXT,
    created_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6),
    KEY outbox_by_state (state, due_at, id),
    KEY outbox_by_age (created_at, id),
    KEY outbox_by_user (user_id),
    KEY outbox_by_webhook (webhook_id),
    /*M! CHECK ((channel = 'webhook') = (webhook_id IS NOT NULL)), */
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Which reports a person gets regularly.
CREATE TABLE report_schedules (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    course_id BINARY(16),
    kind VARCHAR(64) NOT NULL CHECK (kind IN ('student', 'teacher')),
    frequency VARCHAR(16) NOT NULL CHECK (frequency IN ('daily', 'weekly', 'course_end')),
    weekday INT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    at_second INT NOT NULL CHECK (at_second BETWEEN 0 AND 86399),
    format VARCHAR(16) NOT NULL CHECK (format IN ('pdf', 'xlsx', 'csv')),
    active TINYINT(1) NOT NULL CHECK (active IN (0, 1)),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    KEY report_schedules_by_user (user_id, id),
    KEY report_schedules_by_course (course_id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Mail that a person does not want.
CREATE TABLE mail_refusals (
    user_id BINARY(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, kind),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- Long work that somebody waits for: reports. The result is a blob.
CREATE TABLE jobs (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    parameters LONGTEXT NOT NULL,
    state VARCHAR(16) NOT NULL
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    lease VARCHAR(100),
    leased_until DATETIME(6),
    blob_key VARCHAR(200) UNIQUE,
    media_type VARCHAR(100),
    file_name VARCHAR(255),
    size BIGINT,
    error TEXT,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6),
    KEY jobs_by_state (state, created_at, id),
    KEY jobs_by_user (user_id, created_at, id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- The chain: entries get a position, and the hash of the one before, right after they were
-- committed (core/audit_chain.h).
ALTER TABLE audit_log
    ADD COLUMN position BIGINT,
    ADD COLUMN previous_hash BINARY(32),
    ADD COLUMN hash BINARY(32),
    ADD UNIQUE KEY audit_log_by_position (position);

INSERT INTO counters (name, value) VALUES ('audit_position', 0) ON DUPLICATE KEY UPDATE name = name;
