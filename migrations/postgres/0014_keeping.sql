-- Events are removed once they are old enough, and a person's at their wish.

create index events_by_age on events (received_at);

-- Deletions of one person's data, and how far each has come.
create table erasures (
    id text primary key not null,
    workspace_id text not null references workspaces (id) on delete cascade,
    actor text not null,
    -- The end of the number or id, to tell one from another.
    hint text not null,
    -- Numbers and ids of the person; gone when the work is done.
    person_sealed bytea,
    -- Deliveries and events, the last ones included; the next ones to be looked through.
    first_delivery bigint not null,
    next_delivery bigint not null,
    last_delivery bigint not null,
    first_event bigint not null,
    next_event bigint not null,
    last_event bigint not null,
    -- What has been erased so far; `mentions` are events of others in which the person was named.
    deliveries bigint not null default 0,
    events bigint not null default 0,
    mentions bigint not null default 0,
    created_at bigint not null,
    finished_at bigint
);
create index erasures_by_workspace on erasures (workspace_id, created_at);

-- Meta may send again what has been erased: these people's items from before are not kept. A keyed hash each.
create table erased_people (
    mark text primary key not null,
    erased_at bigint not null
);

-- Reads what had come for no connection here, once its number is connected.
alter table replays add column only_foreign boolean not null default false;
