-- A picture is a blob elsewhere, which blob_key names; the row says that it exists. Who has a
-- profile picture stands again in profile_of, so that the key keeps everybody to one.
CREATE TABLE images (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('profile', 'enrolment', 'mark')),
    profile_of BLOB UNIQUE,
    template_id BLOB UNIQUE REFERENCES face_templates (id) ON DELETE CASCADE,
    attendance_id BLOB UNIQUE REFERENCES attendance (id) ON DELETE CASCADE,
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
    CHECK ((kind = 'mark') = (attendance_id IS NOT NULL))
) STRICT;

CREATE INDEX images_by_user ON images (user_id, id);
CREATE INDEX images_by_age ON images (kind, created_at, id);
