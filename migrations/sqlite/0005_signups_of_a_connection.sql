-- The support bundle of a connection tells of the newest signup that led to it, or failed for it.

create index signups_by_connection on signups (connection_id, created_at);
create index signups_by_reconnected on signups (reconnects, created_at);
