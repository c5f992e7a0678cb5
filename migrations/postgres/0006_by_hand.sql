-- Connections whose credentials were entered by hand, drafts of such entries, and keys for programs.

alter table connections add column name text;
alter table connections add column api_version text;
-- The connection is on a Meta app of the business's own, whose webhooks come to an address of its own.
alter table connections add column own_app boolean not null default false;
alter table connections add column app_secret_sealed bytea;
alter table connections add column verify_token_sealed bytea;

create table drafts (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    session_hash text not null,
    connection_id text references connections (id) on delete cascade,
    data_sealed bytea not null,
    created_at bigint not null
);
create index drafts_by_age on drafts (created_at);

create table api_keys (
    id text primary key not null,
    workspace_id text not null references workspaces (id),
    name text not null,
    scope text not null,
    key_hash text not null unique,
    last_four text not null,
    created_by text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint
);
create index api_keys_by_workspace on api_keys (workspace_id, created_at);

-- A run that began with an entry by hand has not been to Facebook.
alter table signups add column by_hand boolean not null default false;
