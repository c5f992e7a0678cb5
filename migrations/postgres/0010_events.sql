-- What deliveries said, to whom and when; and what of it is about the connection itself.

create table events (
    -- Grows in the order in which events were committed, and is never given twice.
    seq bigint generated always as identity primary key,
    -- Made of what Meta says, so that the same thing is kept once.
    id text not null unique,
    workspace_id text not null,
    connection_id text not null references connections (id) on delete cascade,
    delivery_id bigint not null,
    kind text not null,
    field text not null,
    at bigint not null,
    received_at bigint not null,
    user_phone text,
    user_id text,
    user_name text,
    message_id text,
    meta text not null
);
create index events_by_connection on events (connection_id, seq);
create index events_by_workspace on events (workspace_id, seq);

alter table connections add column last_event_at bigint;
alter table connections add column sayings text not null default '{}';
-- Webhooks name a number by its digits, an account or a portfolio.
create index connections_by_number on connections (number_digits);
create index connections_by_waba on connections (waba_id);
create index connections_by_business on connections (business_id);
