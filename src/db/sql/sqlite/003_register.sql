-- What a university teaches, and when.
CREATE TABLE terms (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    first_day TEXT NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT NOT NULL CHECK (last_day >= first_day),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (institution_id, name_key)
) STRICT;

CREATE TABLE subjects (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    code TEXT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (institution_id, name_key),
    UNIQUE (institution_id, code)
) STRICT;

CREATE TABLE rooms (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    capacity INTEGER CHECK (capacity > 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (institution_id, name_key)
) STRICT;

-- The rules are a JSON document that core/rules.h reads and writes. The one that holds where a
-- course names none stands again in default_of, so that the key keeps an institution to one.
CREATE TABLE policies (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    default_of BLOB UNIQUE CHECK (default_of = institution_id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    rules TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (institution_id, name_key)
) STRICT;

CREATE TABLE courses (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    term_id BLOB NOT NULL REFERENCES terms (id),
    subject_id BLOB NOT NULL REFERENCES subjects (id),
    policy_id BLOB REFERENCES policies (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (term_id, name_key)
) STRICT;

CREATE INDEX courses_by_name ON courses (name_key, id);
CREATE INDEX courses_by_subject ON courses (subject_id);
CREATE INDEX courses_by_policy ON courses (policy_id);

CREATE TABLE course_groups (
    course_id BLOB NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    group_id BLOB NOT NULL REFERENCES class_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (course_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX course_groups_by_group ON course_groups (group_id, course_id);

CREATE TABLE course_teachers (
    course_id BLOB NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    teacher_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (teacher_id, course_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX course_teachers_by_course ON course_teachers (course_id, teacher_id);

-- Who belongs to a group, or to one course alone, from when to when (both days included). The group
-- in which a person is now stands in users.group_id as well.
CREATE TABLE enrolments (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id BLOB REFERENCES class_groups (id) ON DELETE CASCADE,
    course_id BLOB REFERENCES courses (id) ON DELETE CASCADE,
    first_day TEXT NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT CHECK (last_day >= first_day),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, group_id, first_day),
    UNIQUE (user_id, course_id, first_day),
    CHECK ((group_id IS NULL) <> (course_id IS NULL))
) STRICT;

CREATE INDEX enrolments_by_group ON enrolments (group_id, user_id, first_day, last_day);
CREATE INDEX enrolments_by_course ON enrolments (course_id, user_id, first_day, last_day);

INSERT INTO enrolments (id, user_id, group_id, first_day, created_at, updated_at)
SELECT randomblob(16), id, group_id, date(created_at / 1000000, 'unixepoch'), created_at, updated_at
FROM users WHERE group_id IS NOT NULL AND role = 'student' AND deleted_at IS NULL;

-- Days on which nothing is taught.
CREATE TABLE holidays (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    name TEXT NOT NULL,
    first_day TEXT NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT NOT NULL CHECK (last_day >= first_day),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX holidays_by_day ON holidays (institution_id, first_day, last_day);

-- A course's hours in each week (or each second one …, counted from first_day), in seconds after
-- midnight on the institution's wall. An end before the start is on the next day.
CREATE TABLE slots (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    course_id BLOB NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    room_id BLOB REFERENCES rooms (id) ON DELETE SET NULL,
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_second INTEGER NOT NULL CHECK (start_second BETWEEN 0 AND 86399),
    end_second INTEGER NOT NULL CHECK (end_second BETWEEN 0 AND 86399),
    first_day TEXT NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT NOT NULL CHECK (last_day >= first_day),
    every_weeks INTEGER NOT NULL CHECK (every_weeks BETWEEN 1 AND 8),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (end_second <> start_second)
) STRICT;

CREATE INDEX slots_by_course ON slots (course_id, weekday, start_second);
CREATE INDEX slots_by_room ON slots (room_id);

-- What really takes place. Those of a slot name it and the day that it gave them; who moved or
-- cancelled one by hand set `edited`, and generating again leaves it alone.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    course_id BLOB NOT NULL REFERENCES courses (id),
    slot_id BLOB REFERENCES slots (id) ON DELETE SET NULL,
    slot_day TEXT CHECK (length(slot_day) = 10),
    external_uid TEXT,
    room_id BLOB REFERENCES rooms (id) ON DELETE SET NULL,
    title TEXT,
    local_day TEXT NOT NULL CHECK (length(local_day) = 10),
    start_second INTEGER NOT NULL CHECK (start_second BETWEEN 0 AND 86399),
    end_second INTEGER NOT NULL CHECK (end_second BETWEEN 0 AND 86399),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),
    state TEXT NOT NULL CHECK (state IN ('planned', 'cancelled')),
    edited INTEGER NOT NULL CHECK (edited IN (0, 1)),
    note TEXT,
    closed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (slot_id, slot_day),
    UNIQUE (course_id, external_uid)
) STRICT;

CREATE INDEX sessions_by_course ON sessions (course_id, starts_at, id);
CREATE INDEX sessions_by_start ON sessions (starts_at, id);
CREATE INDEX sessions_by_room ON sessions (room_id);
CREATE INDEX sessions_to_close ON sessions (closed_at, ends_at);

-- The marks, made anew because SQLite changes no CHECK: further ways of marking, the session, the
-- site's own status (its code in the course's policy), when the picture was taken by the device's
-- clock, and when a person was seen last.
CREATE TABLE attendance_with_sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    group_id BLOB REFERENCES class_groups (id) ON DELETE SET NULL,
    session_id BLOB REFERENCES sessions (id),
    course_id BLOB REFERENCES courses (id),
    occasion TEXT NOT NULL,
    local_day TEXT NOT NULL CHECK (length(local_day) = 10),
    marked_at INTEGER NOT NULL,
    captured_at INTEGER,
    last_seen_at INTEGER,
    status TEXT NOT NULL CHECK (status IN ('present', 'late', 'absent', 'excused')),
    status_code TEXT,
    method TEXT NOT NULL
        CHECK (method IN ('face', 'manual', 'automatic', 'photo', 'code', 'import')),
    score REAL,
    marked_by BLOB REFERENCES users (id),
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, occasion),
    CHECK ((session_id IS NULL) = (course_id IS NULL))
) STRICT;

INSERT INTO attendance_with_sessions (id, user_id, group_id, occasion, local_day, marked_at,
    status, method, score, marked_by, note, created_at, updated_at)
SELECT id, user_id, group_id, occasion, local_day, marked_at,
    status, method, score, marked_by, note, created_at, updated_at FROM attendance;

DROP TABLE attendance;

ALTER TABLE attendance_with_sessions RENAME TO attendance;

CREATE INDEX attendance_by_day ON attendance (local_day, marked_at, id, status);
CREATE INDEX attendance_by_user ON attendance (user_id, local_day, marked_at, id);
CREATE INDEX attendance_by_group ON attendance (group_id, local_day, marked_at, id, status);
CREATE INDEX attendance_by_course ON attendance (course_id, local_day, marked_at, id, status);
CREATE INDEX attendance_by_session ON attendance (session_id, user_id);
CREATE INDEX attendance_by_writer ON attendance (marked_by);

-- What a mark was before each change, and why it was changed.
CREATE TABLE attendance_changes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    attendance_id BLOB NOT NULL REFERENCES attendance (id) ON DELETE CASCADE,
    changed_at INTEGER NOT NULL,
    changed_by BLOB REFERENCES users (id),
    from_status TEXT NOT NULL CHECK (from_status IN ('present', 'late', 'absent', 'excused')),
    from_code TEXT,
    from_method TEXT NOT NULL,
    to_status TEXT NOT NULL CHECK (to_status IN ('present', 'late', 'absent', 'excused')),
    to_code TEXT,
    reason TEXT
) STRICT;

CREATE INDEX attendance_changes_by_mark ON attendance_changes (attendance_id, changed_at, id);
CREATE INDEX attendance_changes_by_time ON attendance_changes (changed_at, id);
CREATE INDEX attendance_changes_by_writer ON attendance_changes (changed_by);

-- A student says that a mark is wrong. One that waits for an answer stands again in open_of, so that
-- the key keeps a mark to one.
CREATE TABLE disputes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    attendance_id BLOB NOT NULL REFERENCES attendance (id) ON DELETE CASCADE,
    open_of BLOB UNIQUE CHECK (open_of = attendance_id),
    user_id BLOB NOT NULL REFERENCES users (id),
    message TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'withdrawn')),
    answer TEXT,
    answered_by BLOB REFERENCES users (id),
    answered_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'open') = (open_of IS NOT NULL))
) STRICT;

CREATE INDEX disputes_by_mark ON disputes (attendance_id, created_at);
CREATE INDEX disputes_by_user ON disputes (user_id, created_at, id);
CREATE INDEX disputes_by_state ON disputes (state, created_at, id);
CREATE INDEX disputes_by_answerer ON disputes (answered_by);

-- How people are called elsewhere: student numbers on cards, a reader's language.
ALTER TABLE users ADD COLUMN student_number TEXT;
ALTER TABLE users ADD COLUMN language TEXT CHECK (language IN ('es', 'en'));
CREATE UNIQUE INDEX users_by_student_number ON users (institution_id, student_number);

-- Ids of other systems (OneRoster's sourcedId), so that what was imported is known again.
CREATE TABLE external_ids (
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    entity_id BLOB NOT NULL CHECK (length(entity_id) = 16),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (kind, external_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX external_ids_by_entity ON external_ids (entity_id);

-- Photos that a bulk enrolment has dealt with, by their SHA-256, so that it goes on where it was
-- interrupted.
CREATE TABLE photo_imports (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    outcome TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, sha256)
) STRICT, WITHOUT ROWID;

-- The address of a person's calendar, of which only a digest is kept.
CREATE TABLE calendar_feeds (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE webhooks (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- What is to leave the house: mail and webhooks. It is written in the transaction of what it tells
-- of; dedupe_key keeps several nodes from telling it twice.
CREATE TABLE outbox (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    kind TEXT NOT NULL,
    dedupe_key TEXT NOT NULL UNIQUE,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    webhook_id BLOB REFERENCES webhooks (id) ON DELETE CASCADE,
    parameters TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead', 'cancelled')),
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    leased_until INTEGER,
    lease TEXT,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK ((channel = 'webhook') = (webhook_id IS NOT NULL))
) STRICT;

CREATE INDEX outbox_by_state ON outbox (state, due_at, id);
CREATE INDEX outbox_by_age ON outbox (created_at, id);
CREATE INDEX outbox_by_user ON outbox (user_id);
CREATE INDEX outbox_by_webhook ON outbox (webhook_id);

-- Which reports a person gets regularly.
CREATE TABLE report_schedules (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    course_id BLOB REFERENCES courses (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('student', 'teacher')),
    frequency TEXT NOT NULL CHECK (frequency IN ('daily', 'weekly', 'course_end')),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    at_second INTEGER NOT NULL CHECK (at_second BETWEEN 0 AND 86399),
    format TEXT NOT NULL CHECK (format IN ('pdf', 'xlsx', 'csv')),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX report_schedules_by_user ON report_schedules (user_id, id);
CREATE INDEX report_schedules_by_course ON report_schedules (course_id);

-- Mail that a person does not want.
CREATE TABLE mail_refusals (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT, WITHOUT ROWID;

-- Long work that somebody waits for: reports. The result is a blob.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    lease TEXT,
    leased_until INTEGER,
    blob_key TEXT UNIQUE,
    media_type TEXT,
    file_name TEXT,
    size INTEGER,
    error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX jobs_by_state ON jobs (state, created_at, id);
CREATE INDEX jobs_by_user ON jobs (user_id, created_at, id);

-- The chain: entries get a position, and the hash of the one before, right after they were
-- committed (core/audit_chain.h).
ALTER TABLE audit_log ADD COLUMN position INTEGER;
ALTER TABLE audit_log ADD COLUMN previous_hash BLOB CHECK (length(previous_hash) = 32);
ALTER TABLE audit_log ADD COLUMN hash BLOB CHECK (length(hash) = 32);
CREATE UNIQUE INDEX audit_log_by_position ON audit_log (position);

INSERT INTO counters (name, value) VALUES ('audit_position', 0);
