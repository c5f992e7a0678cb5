-- Events are looked for by kind, by the end of a phone number, by Meta's ids; each with the newest first.

create index events_by_kind on events (connection_id, kind, seq);
-- Its last seven digits: the same however the number is written.
create index events_by_phone on events (connection_id, substr(user_phone, length(user_phone) - 6), seq)
    where user_phone is not null;
create index events_by_user on events (connection_id, user_id, seq) where user_id is not null;
create index events_by_message on events (connection_id, message_id, seq) where message_id is not null;

-- Deliveries that somebody has understood once more, and how far that has come.
create table replays (
    id text primary key not null,
    workspace_id text not null references workspaces (id) on delete cascade,
    actor text not null,
    -- Deliveries by their ids, both included; the next one to be read.
    first_id bigint not null,
    last_id bigint not null,
    next_id bigint not null,
    -- When they had come, where a time was asked for.
    from_at bigint,
    to_at bigint,
    deliveries bigint not null default 0,
    -- Events that were not there before.
    found bigint not null default 0,
    created_at bigint not null,
    finished_at bigint
);
create index replays_by_workspace on replays (workspace_id, created_at);
