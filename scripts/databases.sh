#!/bin/bash
# Database servers for tests: real ones, run by an ordinary user in a folder of their own, on free
# ports of the loopback interface, with a password and TLS. Servers of the system are left alone.
#
#   databases.sh start FOLDER [ENGINE...]     makes and starts postgresql and mariadb, or those named
#   databases.sh start-fleeting FOLDER [ENGINE...]
#                                             likewise, without waiting for the disk: what was committed
#                                             survives the end of the server, not that of the machine
#   databases.sh stop FOLDER                  stops what runs there and removes the folder
#   databases.sh stop-server FOLDER ENGINE    stops one, in order
#   databases.sh kill-server FOLDER ENGINE    ends one as a power cut would (SIGKILL)
#   databases.sh start-server FOLDER ENGINE   starts it again: same port, same data
#   databases.sh create FOLDER ENGINE NAME    makes an empty database and prints its URL
#
# FOLDER/environment holds lines for a shell: TEST_POSTGRESQL_URL, TEST_MARIADB_URL (of an account
# that may create databases), TEST_TLS_CA (who signed the servers' certificates, which are for
# localhost and 127.0.0.1), TEST_TLS_OTHER_CA (who did not), TEST_DATABASES (the folder). The process
# ids are in FOLDER/ENGINE/pid, what the servers said in FOLDER/ENGINE/log. An engine whose programs
# are not installed is skipped with a sentence, and its URL is missing.
set -euo pipefail
umask 077

READY_SECONDS=60
STOP_SECONDS=60
PORT_TRIES=8

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2 && exit 1; }

usage() {
    sed -n '2,/^set -/ { s/^# \{0,1\}//; /^set -/d; p }' "$0" >&2
    exit 2
}

# Servers refuse to run as root, and no test needs them to.
as_server=()
if [ "$(id -u)" -eq 0 ]; then
    as_server=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi

for_server() { [ "${#as_server[@]}" -eq 0 ] || chown -R nobody:nogroup "$@"; }

# Debian keeps PostgreSQL's programs where no PATH leads.
postgresql_program() {
    local newest
    newest=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
    PATH=$newest:$PATH command -v "$1"
}

if_fleeting() { [ ! -f "$folder/fleeting" ] || echo "$@"; }

mariadb_program() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1"; }

# missing ENGINE: what keeps it from being started, or nothing.
missing() {
    local program
    case $1 in
        postgresql)
            for program in postgres initdb psql; do
                postgresql_program $program >/dev/null ||
                    { say "the Debian package postgresql is not installed" && return; }
            done
            ;;
        mariadb)
            for program in mariadbd mariadb-install-db mariadb; do
                mariadb_program $program >/dev/null ||
                    { say "the Debian packages mariadb-server-core and mariadb-client-core are not installed" && return; }
            done
            ;;
        *) die "There is no engine called '$1': postgresql mariadb" ;;
    esac
    command -v openssl >/dev/null || say "the Debian package openssl is not installed"
}

# Below the ports that the system gives to clients, so that none of those is taken away.
random_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
    done
}

# ---- TLS ----

authority() {
    local name=$1 title=$2
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 2 \
        -config "$folder/tls/authority.conf" -extensions authority -subj "/CN=$title" \
        -keyout "$folder/tls/$name.key" -out "$folder/tls/$name.pem" 2>/dev/null
}

make_certificates() {
    local tls=$folder/tls
    mkdir "$tls"
    cat >"$tls/authority.conf" <<'CONF'
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
CONF
    authority ca "Presente test authority"
    authority other-ca "Another test authority"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
        -config "$tls/authority.conf" -subj /CN=localhost -keyout "$tls/server.key" \
        -out "$tls/server.csr" 2>/dev/null
    openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
        -set_serial 1 -sha256 -days 2 -extfile "$tls/authority.conf" -extensions server \
        -out "$tls/server.pem" 2>/dev/null
    chmod 755 "$tls"
    chmod 644 "$tls"/*.pem
    for_server "$tls/server.key"
}

# ---- One engine ----
#
# The order of texts and the clock of the servers are unlike those of the program on purpose: what
# depends on them must say so itself.

postgresql_make() {
    "${as_server[@]}" "$(postgresql_program initdb)" -D "$home/data" -U presente \
        -A scram-sha-256 --pwfile="$home/password" -E UTF8 --locale=C.UTF-8 \
        --locale-provider=icu --icu-locale=en-US >>"$home/log" 2>&1
}

postgresql_start() {
    # shellcheck disable=SC2046
    launch "$(postgresql_program postgres)" -D "$home/data" -p "$port" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=500 \
        -c timezone=America/Merida -c ssl=on -c ssl_cert_file="$folder/tls/server.pem" \
        -c ssl_key_file="$folder/tls/server.key" $(if_fleeting -c fsync=off -c full_page_writes=off)
}

postgresql_run() {
    PGPASSWORD=$(cat "$home/password") "$(postgresql_program psql)" -XAtq -h 127.0.0.1 -p "$port" \
        -U presente -d postgres -c "$1"
}

postgresql_url() { echo "postgresql://presente:$(cat "$home/password")@127.0.0.1:$port/postgres"; }
postgresql_stop() { end_server INT; } # "fast": sessions are ended, nothing is lost

mariadb_make() {
    "${as_server[@]}" "$(mariadb_program mariadb-install-db)" --no-defaults \
        --datadir="$home/data" --skip-test-db --auth-root-authentication-method=socket \
        >>"$home/log" 2>&1
    cat >"$home/account.sql" <<SQL
CREATE USER IF NOT EXISTS 'presente'@'%' IDENTIFIED BY '$(cat "$home/password")';
GRANT ALL PRIVILEGES ON *.* TO 'presente'@'%' WITH GRANT OPTION;
SQL
    for_server "$home/account.sql"
}

mariadb_start() {
    # shellcheck disable=SC2046
    launch "$(mariadb_program mariadbd)" --no-defaults --datadir="$home/data" \
        --tmpdir="$home" --socket="$home/socket" --pid-file="$home/server.pid" \
        --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --max-connections=500 \
        --default-time-zone=-06:00 --init-file="$home/account.sql" \
        --ssl-ca="$folder/tls/ca.pem" --ssl-cert="$folder/tls/server.pem" \
        --ssl-key="$folder/tls/server.key" \
        $(if_fleeting --debug-no-sync --innodb-flush-log-at-trx-commit=2 --skip-innodb-doublewrite)
}

mariadb_run() {
    MYSQL_PWD=$(cat "$home/password") "$(mariadb_program mariadb)" --no-defaults -h 127.0.0.1 \
        -P "$port" -u presente -N -e "$1"
}

mariadb_url() { echo "mariadb://presente:$(cat "$home/password")@127.0.0.1:$port/mysql"; }
mariadb_stop() { end_server TERM; }

# ---- Processes ----

# Sets engine, home and port (empty before the first start).
select_engine() {
    engine=$1
    home=$folder/$engine
    [ "$engine" = postgresql ] || [ "$engine" = mariadb ] ||
        die "There is no engine called '$engine': postgresql mariadb"
    port=$(cat "$home/port" 2>/dev/null || true)
}

# In a session of its own: a Ctrl-C is for the tests, which then stop it in order. Its parent stays to
# take note of its end: PostgreSQL holds a process that nobody took note of for a running server.
launch() {
    rm -f "$home/pid"
    # shellcheck disable=SC2016
    setsid bash -c 'pid=$1; shift; "$@" & echo $! >"$pid.new"; mv "$pid.new" "$pid"; wait' launch \
        "$home/pid" "${as_server[@]}" "$@" >>"$home/log" 2>&1 </dev/null &
    while [ ! -f "$home/pid" ]; do sleep 0.01; done
}

# The process of the selected engine, when it is there and is what we started.
server_pid() {
    local pid
    pid=$(cat "$home/pid" 2>/dev/null) || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$home/data" && echo "$pid"
}

# A process that has ended may stay listed until its parent looks.
is_running() {
    [ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

wait_ready() {
    local deadline=$((SECONDS + READY_SECONDS)) pid
    pid=$(cat "$home/pid")
    while [ $SECONDS -lt $deadline ]; do
        is_running "$pid" || return 1
        ! "${engine}_run" 'SELECT 1' >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    end_server KILL
    return 1
}

# end_server SIGNAL: sends it and waits until the process is gone.
end_server() {
    local pid deadline=$((SECONDS + STOP_SECONDS))
    pid=$(server_pid) || return 0
    kill "-$1" "$pid" 2>/dev/null || true
    while is_running "$pid"; do
        [ $SECONDS -lt $deadline ] || { kill -KILL "$pid" 2>/dev/null || true; }
        sleep 0.05
    done
    rm -f "$home/pid"
}

# The children of a PostgreSQL that was killed hold on for a moment, so one try may be too few.
start_again() {
    local try
    ! server_pid >/dev/null || return 0
    for try in 1 2 3 4 5; do
        "${engine}_start"
        ! wait_ready || return 0
        sleep "0.$try"
    done
    tail -n 20 "$home/log" >&2
    die "The $engine server in $home did not start again; the end of its log stands above."
}

start_new() {
    local try
    mkdir "$home"
    openssl rand -hex 16 | tr -d '\n' >"$home/password"
    mkdir "$home/data"
    for_server "$home"
    "${engine}_make" || {
        tail -n 20 "$home/log" >&2
        die "The $engine server in $home could not be set up; the end of its log stands above."
    }
    for ((try = 0; try < PORT_TRIES; try++)); do
        # Somebody else may take the port first.
        port=$(random_port)
        "${engine}_start"
        if wait_ready; then
            echo "$port" >"$home/port"
            return 0
        fi
    done
    tail -n 20 "$home/log" >&2
    die "The $engine server in $home did not start; the end of its log stands above."
}

# ---- Commands ----

# The server's user has to be able to get in.
check_folder() {
    mkdir -p "$folder"
    [ -z "$(ls -A "$folder")" ] || die "$folder is not empty."
    folder=$(cd "$folder" && pwd -P)
    chmod 755 "$folder"
    "${as_server[@]}" ls "$folder" >/dev/null 2>&1 ||
        die "$folder cannot be reached by the user nobody, who runs the servers: choose another place."
}

command_start() {
    local name reason
    started=
    [ $# -gt 0 ] || set -- postgresql mariadb
    for name in "$@"; do reason=$(missing "$name"); done
    check_folder
    trap '[ -n "$started" ] || command_stop' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    [ "$command" = start ] || touch "$folder/fleeting"
    echo "TEST_DATABASES='$folder'" >"$folder/environment"
    for name in "$@"; do
        reason=$(missing "$name")
        if [ -n "$reason" ]; then
            say "skipped $name: $reason"
            continue
        fi
        if [ ! -d "$folder/tls" ]; then
            make_certificates
            printf '%s\n' "TEST_TLS_CA='$folder/tls/ca.pem'" \
                "TEST_TLS_OTHER_CA='$folder/tls/other-ca.pem'" >>"$folder/environment"
        fi
        select_engine "$name"
        start_new
        echo "TEST_${name^^}_URL='$("${name}_url")'" >>"$folder/environment"
        say "$name listens on 127.0.0.1:$port"
    done
    started=yes
}

command_stop() {
    local name
    [ -f "$folder/environment" ] || return 0
    for name in postgresql mariadb; do
        select_engine "$name"
        "${engine}_stop"
    done
    rm -rf "$folder"
}

command_create() {
    local url
    [[ $1 =~ ^[a-z][a-z0-9_]*$ ]] || die "A database's name is made of a to z, 0 to 9 and _: $1"
    "${engine}_run" "CREATE DATABASE $1" >/dev/null
    url=$("${engine}_url")
    say "${url%/*}/$1"
}

[ $# -ge 2 ] || usage
command=$1
folder=$2
shift 2
[[ $command =~ ^start(-fleeting)?$ ]] || [ ! -d "$folder" ] || folder=$(cd "$folder" && pwd -P)
case $command in
    start | start-fleeting) command_start "$@" ;;
    stop) command_stop ;;
    stop-server | kill-server | start-server | create)
        [ $# -ge 1 ] || usage
        select_engine "$1"
        [ -n "$port" ] || die "No $engine server was started in $folder."
        case $command in
            stop-server) "${engine}_stop" ;;
            kill-server) end_server KILL ;;
            start-server) start_again ;;
            create) command_create "${2:?the name of the database is missing}" ;;
        esac
        ;;
    *) usage ;;
esac
