-- Times are milliseconds since 1970. Ids of ours are made by the application. Sealed columns hold secrets (docs/ARCHITECTURE.md).

create table installation (
    name text primary key not null,
    value text,
    sealed bytea
);

create table workspaces (
    id text primary key not null,
    slug text not null unique,
    name text not null,
    created_at bigint not null
);

create table users (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    email text not null unique,
    name text not null,
    role text not null,
    password_hash text,
    demo boolean not null default false,
    created_at bigint not null
);

create table sessions (
    id_hash text primary key not null,
    user_id text references users (id) on delete cascade,
    data text not null,
    expires_at bigint not null
);
create index sessions_by_user on sessions (user_id);
create index sessions_by_end on sessions (expires_at);

create table login_failures (
    subject text primary key not null,
    failures bigint not null,
    last_at bigint not null,
    blocked_until bigint not null
);

create table credentials (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    waba_id text not null,
    business_id text,
    origin text not null,
    state text not null,
    token_sealed bytea,
    token_fingerprint text not null,
    last_four text not null,
    facts text not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (workspace_id, waba_id)
);
create index credentials_by_fingerprint on credentials (token_fingerprint);

create table connections (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    credential_id text not null references credentials (id),
    phone_number_id text not null unique,
    waba_id text not null,
    business_id text,
    app_id text,
    display_number text not null,
    number_digits text not null,
    verified_name text,
    lifecycle text not null,
    disconnected_at bigint,
    setup_problem text,
    activity text,
    checked_at bigint,
    check_due_at bigint not null,
    check_failure text,
    troubles text not null default '{}',
    pin_sealed bytea,
    version bigint not null default 1,
    created_at bigint not null,
    updated_at bigint not null
);
create index connections_by_workspace on connections (workspace_id, created_at, id);
create index connections_by_credential on connections (credential_id);
create index connections_by_due_check on connections (lifecycle, check_due_at);

create table snapshots (
    connection_id text primary key not null references connections (id) on delete cascade,
    taken_at bigint not null,
    data text not null
);

create table signups (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    user_id text not null references users (id) on delete cascade,
    session_hash text not null,
    state_hash text not null unique,
    reconnects text references connections (id),
    popup boolean not null,
    coexistence boolean not null,
    stage text not null,
    steps text not null default '[]',
    findings text not null default '{}',
    hint text,
    problem text,
    connection_id text references connections (id),
    token_sealed bytea,
    input_sealed bytea,
    created_at bigint not null,
    updated_at bigint not null
);
create index signups_by_user on signups (user_id, created_at);
create index signups_by_stage on signups (stage, updated_at);

create table register_tries (
    phone_number_id text not null,
    tried_at bigint not null
);
create index register_tries_by_number on register_tries (phone_number_id, tried_at);

create table jobs (
    id text primary key not null,
    kind text not null,
    subject text not null,
    payload text not null,
    state text not null,
    run_at bigint not null,
    attempts bigint not null default 0,
    leased_by text,
    leased_until bigint,
    last_error text,
    created_at bigint not null,
    finished_at bigint
);
create index jobs_by_due on jobs (state, run_at);
create unique index jobs_waiting_once on jobs (kind, subject) where state = 'waiting';

create table audit (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    user_id text,
    actor text not null,
    address text,
    action text not null,
    connection_id text,
    before text,
    after text,
    at bigint not null
);
create index audit_by_workspace on audit (workspace_id, at);
create index audit_by_connection on audit (connection_id, at);
