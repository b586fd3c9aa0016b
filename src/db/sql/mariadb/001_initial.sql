-- For MariaDB 10.4 and MySQL 8 alike. Both commit every statement by itself, so a step that was
-- interrupted is run again from its beginning: each statement must be one that fails with "exists
-- already" (or "is gone already") the second time, or changes nothing then. The comment of a table
-- tells a table of ours from one that another program keeps in the same database.

CREATE TABLE institutions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    email_domain VARCHAR(255),
    time_zone VARCHAR(64) NOT NULL,
    late_after INT NOT NULL CHECK (late_after BETWEEN 0 AND 86399),
    absent_after INT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    CHECK (absent_after BETWEEN late_after AND 86399)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- "groups" is a reserved word of MySQL. A key of a name is longer than the name where one letter
-- stands for several; 700 characters are about what an index can hold.
CREATE TABLE class_groups (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY class_groups_once (institution_id, name_key),
    KEY class_groups_by_name (name_key, id),
    FOREIGN KEY (institution_id) REFERENCES institutions (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- An erased person keeps the row, with empty names and deleted_at set.
CREATE TABLE users (
    id BINARY(16) NOT NULL PRIMARY KEY,
    institution_id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(700) NOT NULL,
    email VARCHAR(254) CHECK (email = LOWER(email)),
    age INT CHECK (age BETWEEN 0 AND 150),
    date_of_birth VARCHAR(10) CHECK (CHAR_LENGTH(date_of_birth) = 10),
    group_id BINARY(16),
    role VARCHAR(16) NOT NULL CHECK (role IN ('admin', 'teacher', 'student')),
    profile_image_url TEXT,
    password_hash VARCHAR(255),
    token_generation BIGINT NOT NULL,
    active TINYINT(1) NOT NULL CHECK (active IN (0, 1)),
    faces_revision BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6),
    UNIQUE KEY users_once (email),
    KEY users_by_institution (institution_id),
    KEY users_by_name (name_key, id),
    KEY users_by_email (email, id),
    KEY users_by_creation (created_at, id),
    KEY users_by_group (group_id, name_key, id),
    KEY users_by_faces (faces_revision),
    FOREIGN KEY (institution_id) REFERENCES institutions (id),
    FOREIGN KEY (group_id) REFERENCES class_groups (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE group_teachers (
    group_id BINARY(16) NOT NULL,
    teacher_id BINARY(16) NOT NULL,
    PRIMARY KEY (teacher_id, group_id),
    KEY group_teachers_by_group (group_id),
    FOREIGN KEY (group_id) REFERENCES class_groups (id) ON DELETE CASCADE,
    FOREIGN KEY (teacher_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE face_templates (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    sealed LONGBLOB NOT NULL,
    model VARCHAR(255) NOT NULL,
    quality DOUBLE NOT NULL,
    source VARCHAR(255) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY face_templates_by_user (user_id, id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

-- The status is in the keys so that counting by status reads the index alone.
CREATE TABLE attendance (
    id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    group_id BINARY(16),
    occasion VARCHAR(100) NOT NULL,
    local_day VARCHAR(10) NOT NULL CHECK (CHAR_LENGTH(local_day) = 10),
    marked_at DATETIME(6) NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('present', 'late', 'absent', 'excused')),
    method VARCHAR(16) NOT NULL CHECK (method IN ('face', 'manual')),
    score DOUBLE,
    marked_by BINARY(16),
    note TEXT,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    UNIQUE KEY attendance_once (user_id, occasion),
    KEY attendance_by_day (local_day, marked_at, id, status),
    KEY attendance_by_user (user_id, local_day, marked_at, id),
    KEY attendance_by_group (group_id, local_day, marked_at, id, status),
    KEY attendance_by_writer (marked_by),
    FOREIGN KEY (user_id) REFERENCES users (id),
    FOREIGN KEY (group_id) REFERENCES class_groups (id) ON DELETE SET NULL,
    FOREIGN KEY (marked_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE settings (
    name VARCHAR(255) NOT NULL PRIMARY KEY,
    value LONGTEXT NOT NULL,
    updated_at DATETIME(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE counters (
    name VARCHAR(255) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

INSERT INTO counters (name, value) VALUES ('faces_revision', 0) ON DUPLICATE KEY UPDATE name = name;

-- The actor is no foreign key: the log outlives everything that it speaks of.
CREATE TABLE audit_log (
    sequence BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    happened_at DATETIME(6) NOT NULL,
    actor_id BINARY(16),
    action VARCHAR(100) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    details LONGTEXT,
    KEY audit_log_by_actor (actor_id, sequence),
    KEY audit_log_by_subject (subject, sequence)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';

CREATE TABLE revoked_tokens (
    jti VARCHAR(64) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(jti) BETWEEN 1 AND 64),
    expires_at DATETIME(6) NOT NULL,
    KEY revoked_tokens_by_expiry (expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'Presente';
