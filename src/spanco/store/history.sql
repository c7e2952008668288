-- name: rewound
-- Named sets before a search, so that what it says of `resource` is said of the moment $2 of the tenant $1: what was
-- written since stands as it was before the first of those changes, or not at all when it is younger; all else as it is.
-- Only the events after that moment are looked at.
later as materialized (
    select distinct on (resource_id)
           tenant, kind, resource_id as id, parent, version - 1 as version, before as document
    from event
    where tenant = $1 and kind = {kind} and occurred_at > $2
    order by resource_id, version, ordinal
), resource as not materialized (
    select * from (
        select tenant, kind, id, parent, version, document, false as past from resource
        union all
        select tenant, kind, id, parent, version, document, true from later where document is not null
    ) as known
    where past or id not in (select id from later)
);

-- name: read_past
-- One resource by its id, as it stood at the moment $4.
with later as materialized (
    select parent, version - 1 as version, before as document
    from event
    where tenant = $1 and kind = {kind} and resource_id = $2 and occurred_at > $4
    order by version, ordinal
    limit 1
)
select version, document from later where document is not null and parent is not distinct from $3
union all
select version, document from resource
where tenant = $1 and kind = {kind} and id = $2 and parent is not distinct from $3 and not exists (select from later);

-- name: kept_since
-- From when on the log is whole; null when nothing was ever taken out of it.
select max(before) from pruned;

-- name: latest
-- How many changes of a resource the log tells of, and its document as it is, or as it was at the end.
select changes, document from (
    (select version, coalesce(after, before) as document,
            (select count(*) from event
             where tenant = $1 and kind = {kind} and resource_id = $2 and ordinal = 0) as changes
     from event where tenant = $1 and kind = {kind} and resource_id = $2
     order by version desc, ordinal desc limit 1)
    union all
    select 0, document, 0 from resource where tenant = $1 and kind = {kind} and id = $2
) as known
order by version desc limit 1;

-- name: timeline
-- The changes of a resource, oldest first, or newest first when those before the version $4 are asked for.
-- A change that raised several events is told once.
select version, occurred_at, actor, cause, correlation, before, after, types, event_ids
from event as change, lateral (
    select array_agg(type order by ordinal) as types, array_agg(event_id order by ordinal) as event_ids
    from event
    where tenant = $1 and kind = {kind} and resource_id = $2
      and version = change.version and occurred_at = change.occurred_at
) as told
where tenant = $1 and kind = {kind} and resource_id = $2 and ordinal = 0
  and ($3::bigint is null or version > $3) and ($4::bigint is null or version < $4)
order by case when $4 is null then version else -version end
limit $5 offset $6;
