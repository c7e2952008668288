-- Match keys: what records about the same person or organization have in common. A row per key, written in the
-- statement of the record itself, so that no record is without its keys and no key without its record.
create table match_key (
    tenant text collate "C" not null,
    kind   text collate "C" not null,
    id     text collate "C" not null,
    key    text collate "C" not null,   -- e.g. `email:jana@firma.example`
    primary key (tenant, kind, id, key)
);
create index match_key_records on match_key (tenant, key, kind, id);

-- Records that are new, or have new keys, and are still to be compared with the others; a worker takes them away.
create table match_todo (
    tenant   text collate "C" not null,
    kind     text collate "C" not null,
    id       text collate "C" not null,
    noted_at timestamptz not null,
    primary key (tenant, kind, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index match_todo_order on match_todo (noted_at);

-- How far the keys of the records of a kind are those of the present rules: what was there before them is gone through
-- once, in the order of tenant and id.
create table match_renewal (
    kind   text collate "C" primary key,
    rules  text collate "C" not null,
    tenant text collate "C" not null,
    id     text collate "C" not null,
    done   boolean not null default false
);
