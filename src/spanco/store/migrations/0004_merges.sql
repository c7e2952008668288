-- Merges: where an id leads that became another's, and what it takes to undo a merge.

-- A resource that was merged away, and the one that it became part of. A row is here exactly as long as there is no
-- resource of that id; the way from one to the next never leads back.
create table moved (
    tenant   text collate "C" not null,
    kind     text collate "C" not null,
    id       text collate "C" not null,
    heir     text collate "C" not null,
    merge_id text collate "C" not null,
    moved_at timestamptz not null,
    primary key (tenant, kind, id)
);
create index moved_heir on moved (tenant, kind, heir);

-- At the end of the way from an id; the id itself where it was never merged away.
create function heir(of_tenant text, of_kind text, of_id text) returns text
language sql stable as $$
    with recursive way as (
        select of_id collate "C" as id, 0 as step
        union all
        select moved.heir, step + 1 from way
        join moved on moved.tenant = of_tenant and moved.kind = of_kind and moved.id = way.id
    )
    select id from way order by step desc limit 1
$$;

-- Documents as a merge found and left them: the survivor, those that were merged away (`after` is null) and those
-- whose references were moved. They hold what the documents hold, so who forgets a person looks here too; after the
-- time in which a merge can be undone they are cleared away.
create table merge_image (
    tenant   text collate "C" not null,
    merge_id text collate "C" not null,
    kind     text collate "C" not null,
    id       text collate "C" not null,
    parent   text collate "C",
    version  bigint not null,                -- before the merge
    before   jsonb not null,
    after    jsonb,
    until    timestamptz not null,
    primary key (tenant, merge_id, kind, id)
);
create index merge_image_of on merge_image (tenant, kind, id);
create index merge_image_until on merge_image (until);
