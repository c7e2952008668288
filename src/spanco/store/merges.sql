-- name: heir
-- The resource at the end of the way of an id that was merged away, and since when; nothing when that is deleted.
select resource.id, resource.version, resource.document, moved.moved_at
from moved
join resource on resource.tenant = $1 and resource.kind = {kind} and resource.id = heir($1, {kind}, moved.heir)
where moved.tenant = $1 and moved.kind = {kind} and moved.id = $2;

-- name: merge_alone
-- Merges of a tenant come one after the other: each may touch what the other refers to. Held until the transaction ends.
select pg_advisory_xact_lock(hashtextextended($1 || chr(10) || 'merge', 0));

-- name: moves
-- Which of these ids were merged away, into which other, by which merge.
select id, heir, merge_id from moved where tenant = $1 and kind = {kind} and id = any($2);

-- name: heirs
-- What these ids became that may be of several kinds, and its name; those that were never merged away are left out.
select way.kind, way.id, way.heir, resource.document ->> 'name' as name
from (
    select kind, id, heir(tenant, kind, heir) as heir from moved where tenant = $1 and kind = any($2) and id = any($3)
) as way
left join resource on resource.tenant = $1 and resource.kind = way.kind and resource.id = way.heir;

-- name: note_moves
-- These resources became part of another.
insert into moved (tenant, kind, id, heir, merge_id, moved_at) select $1, {kind}, id, $3, $4, $5 from unnest($2::text[]) as id;

-- name: forget_moves
-- The resources that a merge took away are back.
delete from moved where tenant = $1 and merge_id = $2;

-- name: keep_images
-- Documents as a merge found and left them.
insert into merge_image (tenant, merge_id, kind, id, parent, version, before, after, until)
select $1, $2, kind, id, parent, version, before, after, $9
from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::jsonb[], $8::jsonb[])
    as image (kind, id, parent, version, before, after);

-- name: images
-- Documents as a merge found and left them, in the order in which rows are locked.
select kind, id, parent, version, before, after from merge_image where tenant = $1 and merge_id = $2 order by kind, id;

-- name: forget_images
-- A merge is undone: nothing is left that could be again.
delete from merge_image where tenant = $1 and merge_id = $2;

-- name: forget_old_images
-- A small batch of what merges left that can no longer be undone.
delete from merge_image where ctid = any (array(select ctid from merge_image where until < $1 order by until limit $2));

-- name: referring
-- Resources of a kind that contain one of these.
select id, parent, version, document from resource
where tenant = $1 and kind = {kind} and document @> any ($2::jsonb[])
order by id limit $3;

-- name: last_changes
-- When these resources were changed last, as far as the log goes.
select resource_id as id, max(occurred_at) as moment from event
where tenant = $1 and kind = {kind} and resource_id = any($2) group by resource_id;
