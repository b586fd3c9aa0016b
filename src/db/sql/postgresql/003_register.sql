-- What a university teaches, and when.
CREATE TABLE terms (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    first_day TEXT COLLATE "C" NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT COLLATE "C" NOT NULL CHECK (last_day >= first_day),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution_id, name_key)
);

CREATE TABLE subjects (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    code TEXT COLLATE "C",
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution_id, name_key),
    UNIQUE (institution_id, code)
);

CREATE TABLE rooms (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    capacity INTEGER CHECK (capacity > 0),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution_id, name_key)
);

-- The rules are a JSON document that core/rules.h reads and writes. The one that holds where a
-- course names none stands again in default_of, so that the key keeps an institution to one.
CREATE TABLE policies (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    default_of UUID UNIQUE CHECK (default_of = institution_id),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    rules TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution_id, name_key)
);

CREATE TABLE courses (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    term_id UUID NOT NULL REFERENCES terms (id),
    subject_id UUID NOT NULL REFERENCES subjects (id),
    policy_id UUID REFERENCES policies (id) ON DELETE SET NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (term_id, name_key)
);

CREATE INDEX courses_by_name ON courses (name_key, id);
CREATE INDEX courses_by_subject ON courses (subject_id);
CREATE INDEX courses_by_policy ON courses (policy_id);

CREATE TABLE course_groups (
    course_id UUID NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    group_id UUID NOT NULL REFERENCES class_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (course_id, group_id)
);

CREATE INDEX course_groups_by_group ON course_groups (group_id, course_id);

CREATE TABLE course_teachers (
    course_id UUID NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    teacher_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (teacher_id, course_id)
);

CREATE INDEX course_teachers_by_course ON course_teachers (course_id, teacher_id);

-- Who belongs to a group, or to one course alone, from when to when (both days included). The group
-- in which a person is now stands in users.group_id as well.
CREATE TABLE enrolments (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id UUID REFERENCES class_groups (id) ON DELETE CASCADE,
    course_id UUID REFERENCES courses (id) ON DELETE CASCADE,
    first_day TEXT COLLATE "C" NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT COLLATE "C" CHECK (last_day >= first_day),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (user_id, group_id, first_day),
    UNIQUE (user_id, course_id, first_day),
    CHECK ((group_id IS NULL) <> (course_id IS NULL))
);

CREATE INDEX enrolments_by_group ON enrolments (group_id, user_id, first_day, last_day);
CREATE INDEX enrolments_by_course ON enrolments (course_id, user_id, first_day, last_day);

INSERT INTO enrolments (id, user_id, group_id, first_day, created_at, updated_at)
SELECT gen_random_uuid(), id, group_id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
    created_at, updated_at
FROM users WHERE group_id IS NOT NULL AND role = 'student' AND deleted_at IS NULL;

-- Days on which nothing is taught.
CREATE TABLE holidays (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    name TEXT COLLATE "C" NOT NULL,
    first_day TEXT COLLATE "C" NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT COLLATE "C" NOT NULL CHECK (last_day >= first_day),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX holidays_by_day ON holidays (institution_id, first_day, last_day);

-- A course's hours in each week (or each second one …, counted from first_day), in seconds after
-- midnight on the institution's wall. An end before the start is on the next day.
CREATE TABLE slots (
    id UUID NOT NULL PRIMARY KEY,
    course_id UUID NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    room_id UUID REFERENCES rooms (id) ON DELETE SET NULL,
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_second INTEGER NOT NULL CHECK (start_second BETWEEN 0 AND 86399),
    end_second INTEGER NOT NULL CHECK (end_second BETWEEN 0 AND 86399),
    first_day TEXT COLLATE "C" NOT NULL CHECK (length(first_day) = 10),
    last_day TEXT COLLATE "C" NOT NULL CHECK (last_day >= first_day),
    every_weeks INTEGER NOT NULL CHECK (every_weeks BETWEEN 1 AND 8),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK (end_second <> start_second)
);

CREATE INDEX slots_by_course ON slots (course_id, weekday, start_second);
CREATE INDEX slots_by_room ON slots (room_id);

-- What really takes place. Those of a slot name it and the day that it gave them; who moved or
-- cancelled one by hand set `edited`, and generating again leaves it alone.
CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    course_id UUID NOT NULL REFERENCES courses (id),
    slot_id UUID REFERENCES slots (id) ON DELETE SET NULL,
    slot_day TEXT COLLATE "C" CHECK (length(slot_day) = 10),
    external_uid TEXT COLLATE "C",
    room_id UUID REFERENCES rooms (id) ON DELETE SET NULL,
    title TEXT COLLATE "C",
    local_day TEXT COLLATE "C" NOT NULL CHECK (length(local_day) = 10),
    start_second INTEGER NOT NULL CHECK (start_second BETWEEN 0 AND 86399),
    end_second INTEGER NOT NULL CHECK (end_second BETWEEN 0 AND 86399),
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL CHECK (ends_at > starts_at),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('planned', 'cancelled')),
    edited BOOLEAN NOT NULL,
    note TEXT COLLATE "C",
    closed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (slot_id, slot_day),
    UNIQUE (course_id, external_uid)
);

CREATE INDEX sessions_by_course ON sessions (course_id, starts_at, id);
CREATE INDEX sessions_by_start ON sessions (starts_at, id);
CREATE INDEX sessions_by_room ON sessions (room_id);
CREATE INDEX sessions_to_close ON sessions (closed_at, ends_at);

-- Marks have further ways of marking, the session, the site's own status (its code in the course's
-- policy), when the picture was taken by the device's clock, and when a person was seen last.
ALTER TABLE attendance
    ADD COLUMN session_id UUID REFERENCES sessions (id),
    ADD COLUMN course_id UUID REFERENCES courses (id),
    ADD COLUMN captured_at TIMESTAMPTZ,
    ADD COLUMN last_seen_at TIMESTAMPTZ,
    ADD COLUMN status_code TEXT COLLATE "C",
    DROP CONSTRAINT attendance_method_check,
    ADD CONSTRAINT attendance_method_check
        CHECK (method IN ('face', 'manual', 'automatic', 'photo', 'code', 'import')),
    ADD CONSTRAINT attendance_course_check CHECK ((session_id IS NULL) = (course_id IS NULL));

CREATE INDEX attendance_by_course ON attendance (course_id, local_day, marked_at, id, status);
CREATE INDEX attendance_by_session ON attendance (session_id, user_id);

-- What a mark was before each change, and why it was changed.
CREATE TABLE attendance_changes (
    id UUID NOT NULL PRIMARY KEY,
    attendance_id UUID NOT NULL REFERENCES attendance (id) ON DELETE CASCADE,
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by UUID REFERENCES users (id),
    from_status TEXT COLLATE "C" NOT NULL
        CHECK (from_status IN ('present', 'late', 'absent', 'excused')),
    from_code TEXT COLLATE "C",
    from_method TEXT COLLATE "C" NOT NULL,
    to_status TEXT COLLATE "C" NOT NULL
        CHECK (to_status IN ('present', 'late', 'absent', 'excused')),
    to_code TEXT COLLATE "C",
    reason TEXT COLLATE "C"
);

CREATE INDEX attendance_changes_by_mark ON attendance_changes (attendance_id, changed_at, id);
CREATE INDEX attendance_changes_by_time ON attendance_changes (changed_at, id);
CREATE INDEX attendance_changes_by_writer ON attendance_changes (changed_by);

-- A student says that a mark is wrong. One that waits for an answer stands again in open_of, so
-- that the key keeps a mark to one.
CREATE TABLE disputes (
    id UUID NOT NULL PRIMARY KEY,
    attendance_id UUID NOT NULL REFERENCES attendance (id) ON DELETE CASCADE,
    open_of UUID UNIQUE CHECK (open_of = attendance_id),
    user_id UUID NOT NULL REFERENCES users (id),
    message TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'withdrawn')),
    answer TEXT COLLATE "C",
    answered_by UUID REFERENCES users (id),
    answered_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK ((state = 'open') = (open_of IS NOT NULL))
);

CREATE INDEX disputes_by_mark ON disputes (attendance_id, created_at);
CREATE INDEX disputes_by_user ON disputes (user_id, created_at, id);
CREATE INDEX disputes_by_state ON disputes (state, created_at, id);
CREATE INDEX disputes_by_answerer ON disputes (answered_by);

-- How people are called elsewhere: student numbers on cards, a reader's language.
ALTER TABLE users ADD COLUMN student_number TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN language TEXT COLLATE "C" CHECK (language IN ('es', 'en'));
CREATE UNIQUE INDEX users_by_student_number ON users (institution_id, student_number);

-- Ids of other systems (OneRoster's sourcedId), so that what was imported is known again.
CREATE TABLE external_ids (
    kind TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    entity_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, external_id)
);

CREATE INDEX external_ids_by_entity ON external_ids (entity_id);

-- Photos that a bulk enrolment has dealt with, by their SHA-256, so that it goes on where it was
-- interrupted.
CREATE TABLE photo_imports (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256 BYTEA NOT NULL CHECK (length(sha256) = 32),
    outcome TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, sha256)
);

-- The address of a person's calendar, of which only a digest is kept.
CREATE TABLE calendar_feeds (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE webhooks (
    id UUID NOT NULL PRIMARY KEY,
    institution_id UUID NOT NULL REFERENCES institutions (id),
    url TEXT COLLATE "C" NOT NULL,
    events TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- What is to leave the house: mail and webhooks. It is written in the transaction of what it tells
-- of; dedupe_key keeps several nodes from telling it twice.
CREATE TABLE outbox (
    id UUID NOT NULL PRIMARY KEY,
    channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('mail', 'webhook')),
    kind TEXT COLLATE "C" NOT NULL,
    dedupe_key TEXT COLLATE "C" NOT NULL UNIQUE,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    webhook_id UUID REFERENCES webhooks (id) ON DELETE CASCADE,
    parameters TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'sent', 'dead', 'cancelled')),
    attempts INTEGER NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    lease TEXT COLLATE "C",
    last_error TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    CHECK ((channel = 'webhook') = (webhook_id IS NOT NULL))
);

CREATE INDEX outbox_by_state ON outbox (state, due_at, id);
CREATE INDEX outbox_by_age ON outbox (created_at, id);
CREATE INDEX outbox_by_user ON outbox (user_id);
CREATE INDEX outbox_by_webhook ON outbox (webhook_id);

-- Which reports a person gets regularly.
CREATE TABLE report_schedules (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    course_id UUID REFERENCES courses (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('student', 'teacher')),
    frequency TEXT COLLATE "C" NOT NULL CHECK (frequency IN ('daily', 'weekly', 'course_end')),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    at_second INTEGER NOT NULL CHECK (at_second BETWEEN 0 AND 86399),
    format TEXT COLLATE "C" NOT NULL CHECK (format IN ('pdf', 'xlsx', 'csv')),
    active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX report_schedules_by_user ON report_schedules (user_id, id);
CREATE INDEX report_schedules_by_course ON report_schedules (course_id);

-- Mail that a person does not want.
CREATE TABLE mail_refusals (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, kind)
);

-- Long work that somebody waits for: reports. The result is a blob.
CREATE TABLE jobs (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    parameters TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    lease TEXT COLLATE "C",
    leased_until TIMESTAMPTZ,
    blob_key TEXT COLLATE "C" UNIQUE,
    media_type TEXT COLLATE "C",
    file_name TEXT COLLATE "C",
    size BIGINT,
    error TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);

CREATE INDEX jobs_by_state ON jobs (state, created_at, id);
CREATE INDEX jobs_by_user ON jobs (user_id, created_at, id);

-- The chain: entries get a position, and the hash of the one before, right after they were
-- committed (core/audit_chain.h).
ALTER TABLE audit_log ADD COLUMN position BIGINT;
ALTER TABLE audit_log ADD COLUMN previous_hash BYTEA CHECK (length(previous_hash) = 32);
ALTER TABLE audit_log ADD COLUMN hash BYTEA CHECK (length(hash) = 32);
CREATE UNIQUE INDEX audit_log_by_position ON audit_log (position);

INSERT INTO counters (name, value) VALUES ('audit_position', 0);
