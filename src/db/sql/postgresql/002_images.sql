-- A picture is a blob elsewhere, which blob_key names; the row says that it exists. Who has a
-- profile picture stands again in profile_of, so that the key keeps everybody to one.
CREATE TABLE images (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('profile', 'enrolment', 'mark')),
    profile_of uuid UNIQUE,
    template_id uuid UNIQUE REFERENCES face_templates (id) ON DELETE CASCADE,
    attendance_id uuid UNIQUE REFERENCES attendance (id) ON DELETE CASCADE,
    blob_key text COLLATE "C" NOT NULL UNIQUE,
    media_type text COLLATE "C" NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    sealed boolean NOT NULL,
    key_id bigint CHECK (key_id BETWEEN 0 AND 4294967295),
    created_at timestamptz NOT NULL,
    CHECK (sealed = (key_id IS NOT NULL)),
    CHECK ((kind = 'profile') = (profile_of IS NOT NULL)),
    CHECK (profile_of = user_id),
    CHECK ((kind = 'enrolment') = (template_id IS NOT NULL)),
    CHECK ((kind = 'mark') = (attendance_id IS NOT NULL))
);

CREATE INDEX images_by_user ON images (user_id, id);
CREATE INDEX images_by_age ON images (kind, created_at, id);
