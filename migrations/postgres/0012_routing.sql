-- Why Meta would not be told where to deliver, when it was last tried.
alter table connections add column routing_problem text;
-- Addresses that this installation has set at Meta: after a change of the public URL they are known as its own.
create table own_callbacks (
  url text primary key,
  first_set_at bigint not null
);
