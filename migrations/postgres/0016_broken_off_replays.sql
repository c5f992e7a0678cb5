-- A replay that met a fault again and again was given up before its end.
alter table replays add column broken_off boolean not null default false;
