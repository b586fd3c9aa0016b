CREATE TABLE institutions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    email_domain TEXT,
    time_zone TEXT NOT NULL,
    late_after INTEGER NOT NULL CHECK (late_after BETWEEN 0 AND 86399),
    absent_after INTEGER NOT NULL CHECK (absent_after BETWEEN late_after AND 86399),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- "groups" is a reserved word of MySQL.
CREATE TABLE class_groups (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (institution_id, name_key)
) STRICT;

CREATE INDEX class_groups_by_name ON class_groups (name_key, id);

-- An erased person keeps the row, with empty names and deleted_at set.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    institution_id BLOB NOT NULL REFERENCES institutions (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    email TEXT UNIQUE CHECK (email = lower(email)),
    age INTEGER CHECK (age BETWEEN 0 AND 150),
    date_of_birth TEXT CHECK (length(date_of_birth) = 10),
    group_id BLOB REFERENCES class_groups (id) ON DELETE SET NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'teacher', 'student')),
    profile_image_url TEXT,
    password_hash TEXT,
    token_generation INTEGER NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    faces_revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE INDEX users_by_name ON users (name_key, id);
CREATE INDEX users_by_creation ON users (created_at, id);
CREATE INDEX users_by_group ON users (group_id, name_key, id);
CREATE INDEX users_by_faces ON users (faces_revision);

CREATE TABLE group_teachers (
    group_id BLOB NOT NULL REFERENCES class_groups (id) ON DELETE CASCADE,
    teacher_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (teacher_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_teachers_by_group ON group_teachers (group_id);

CREATE TABLE face_templates (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    model TEXT NOT NULL,
    quality REAL NOT NULL,
    source TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX face_templates_by_user ON face_templates (user_id, id);

CREATE TABLE attendance (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    group_id BLOB REFERENCES class_groups (id) ON DELETE SET NULL,
    occasion TEXT NOT NULL,
    local_day TEXT NOT NULL CHECK (length(local_day) = 10),
    marked_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('present', 'late', 'absent', 'excused')),
    method TEXT NOT NULL CHECK (method IN ('face', 'manual')),
    score REAL,
    marked_by BLOB REFERENCES users (id),
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, occasion)
) STRICT;

-- The status is there so that counting by status reads the index alone.
CREATE INDEX attendance_by_day ON attendance (local_day, marked_at, id, status);
CREATE INDEX attendance_by_user ON attendance (user_id, local_day, marked_at, id);
CREATE INDEX attendance_by_group ON attendance (group_id, local_day, marked_at, id, status);
CREATE INDEX attendance_by_writer ON attendance (marked_by);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('faces_revision', 0);

-- The actor is no foreign key: the log outlives everything that it speaks of.
CREATE TABLE audit_log (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at INTEGER NOT NULL,
    actor_id BLOB CHECK (length(actor_id) = 16),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT
) STRICT;

CREATE INDEX audit_log_by_actor ON audit_log (actor_id, sequence);
CREATE INDEX audit_log_by_subject ON audit_log (subject, sequence);

CREATE TABLE revoked_tokens (
    jti TEXT NOT NULL PRIMARY KEY CHECK (length(jti) BETWEEN 1 AND 64),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);
