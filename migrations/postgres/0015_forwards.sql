-- Where events are sent on to, what waits to be sent, and what came of it. Nothing here holds what an event says: rows name
-- events and deliveries, so that what is deleted there is gone here.

create table forwards (
    id text primary key not null,
    workspace_id text not null references workspaces (id) on delete cascade,
    name text not null,
    url text not null,
    -- meta, greentick
    format text not null,
    -- Of this connection alone.
    connection_id text references connections (id) on delete cascade,
    -- Of these kinds alone, comma-separated; empty for all.
    kinds text not null default '',
    header_name text,
    header_sealed bytea,
    verify_token_sealed bytea,
    secret_sealed bytea not null,
    -- Signs too until then.
    old_secret_sealed bytea,
    old_secret_until bigint,
    -- on, off (a person did it), disabled (it failed for days, or said that it is gone)
    state text not null default 'on',
    disabled_at bigint,
    disabled_why text,
    -- All events up to this one have been queued or passed over.
    cursor_seq bigint not null,
    -- Attempts that failed since the last that did not, and since when.
    failures bigint not null default 0,
    failing_since bigint,
    last_success_at bigint,
    -- Not to be asked before.
    rest_until bigint not null default 0,
    leased_by text,
    leased_until bigint,
    created_by text not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index forwards_by_workspace on forwards (workspace_id, created_at, id);

create table forward_items (
    -- Stays the same however often it is sent: receivers know it by this.
    id text primary key not null,
    forward_id text not null references forwards (id) on delete cascade,
    connection_id text not null,
    delivery_id bigint not null,
    -- The events it is about: those of this delivery and connection between the two, both included.
    first_seq bigint not null,
    last_seq bigint not null,
    -- waiting, dead (given up after three days)
    state text not null default 'waiting',
    attempts bigint not null default 0,
    due_at bigint not null,
    created_at bigint not null,
    died_at bigint
);
create index forward_items_by_due on forward_items (forward_id, state, due_at);
create index forward_items_by_seq on forward_items (forward_id, state, first_seq);
create index forward_items_by_death on forward_items (died_at) where died_at is not null;

create table forward_attempts (
    id text primary key not null,
    forward_id text not null references forwards (id) on delete cascade,
    -- event, test, handshake
    what text not null,
    first_seq bigint,
    -- Which attempt of this item, from 1.
    number bigint not null,
    at bigint not null,
    -- Milliseconds.
    duration bigint not null,
    status bigint,
    -- Why there was no status, or why a status was not enough.
    failure text,
    -- What the endpoint said, shortened; only where it refused.
    answer text
);
create index forward_attempts_by_forward on forward_attempts (forward_id, id);
create index forward_attempts_by_time on forward_attempts (at);
