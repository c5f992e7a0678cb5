-- What Meta sent, byte for byte as it came, and how far it has been understood.

create table deliveries (
    id bigint generated always as identity primary key,
    received_at bigint not null,
    -- The Meta app whose secret signed it.
    signed_by text,
    -- Set when it came to the address of one connection, which is on an app of its own.
    workspace_id text,
    connection_id text,
    -- waiting, done, failed (nobody can read it), foreign (in part or in whole for no connection here)
    state text not null default 'waiting',
    attempts bigint not null default 0,
    -- Not to be looked at before.
    run_at bigint not null default 0,
    last_error text,
    body bytea not null
);
create index deliveries_waiting on deliveries (id) where state = 'waiting';
create index deliveries_aside on deliveries (state, id) where state in ('failed', 'foreign');
