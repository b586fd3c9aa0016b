-- A picture is a blob elsewhere, which blob_key names; the row says that it exists. Who has a
-- profile picture stands again in profile_of, so that the key keeps everybody to one. MySQL takes no
-- rule about a column whose row goes with another's; such rules are for MariaDB alone.
CREATE TABLE images (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('profile', 'enrolment', 'mark')),
    profile_of BINARY(16) UNIQUE,
    template_id BINARY(16) UNIQUE,
    attendance_id BINARY(16) UNIQUE,
    blob_key VARCHAR(200) NOT NULL UNIQUE,
    media_type VARCHAR(100) NOT NULL,
    size BIGINT NOT NULL CHECK (size > 0),
    sha256 BINARY(32) NOT NULL,
    sealed TINYINT(1) NOT NULL CHECK (sealed IN (0, 1)),
    key_id BIGINT CHECK (key_id BETWEEN 0 AND 4294967295),
    created_at DATETIME(6) NOT NULL,
    CHECK ((sealed = 1) = (key_id IS NOT NULL)),
    CHECK ((kind = 'profile') = (profile_of IS NOT NULL)),
    /*M! CHECK (profile_of = user_id), */
    /*M! CHECK ((kind = 'enrolment') = (template_id IS NOT NULL)), */
    /*M! CHECK ((kind = 'mark') = (attendance_id IS NOT NULL)), */
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (template_id) REFERENCES face_templates (id) ON DELETE CASCADE,
    FOREIGN KEY (attendance_id) REFERENCES attendance (id) ON DELETE CASCADE,
    KEY images_by_user (user_id, id),
    KEY images_by_age (kind, created_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';
