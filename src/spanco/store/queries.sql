-- name: read
-- One resource by its id.
select version, document from resource where tenant = $1 and kind = {kind} and id = $2 and parent is not distinct from $3;

-- name: read_view
-- One resource of a kind that has no rows of its own.
select version, document from {view} where tenant = $1 and id = $2 and parent is not distinct from $3;

-- name: lock
-- One resource by its id, kept from others until the transaction ends.
select version, document from resource
where tenant = $1 and kind = {kind} and id = $2 and parent is not distinct from $3
for update;

-- name: insert_one
-- A new resource and its event: one statement, one transaction, one round trip. One that comes back has a version $11.
with written as (
    insert into resource (tenant, kind, id, parent, version, document)
    values ($1, {kind}, $2, $3, $11, $4)
    returning id, parent, version, document
), logged as (
    insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at,
                       actor, cause, correlation, changed, after)
    select $1, {kind}, id, parent, version, 0, $5, $6, $7, $8, $9, $10, '{{}}', document from written
), queued as (
    insert into outbox (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
    select $1, {kind}, id, parent, version, 0, $5, $6, $7 from written
){more}
select document from written;

-- name: insert_many
-- New resources and their events; a row whose origin was written before is left out of the answer.
with draft as (
    select * from unnest($2::text[], $3::text[], $4::jsonb[], $5::text[], $11::text[], $12::text[])
        as draft (id, parent, document, event_id, source, row_id)
), fresh as (
    insert into origin (tenant, kind, source, row_id, id)
    select $1, {kind}, source, row_id, id from draft where source is not null
    on conflict do nothing
    returning id
), written as (
    insert into resource (tenant, kind, id, parent, version, document)
    select $1, {kind}, id, parent, 1, document from draft
    where source is null or id in (select id from fresh)
    returning id, document
), logged as (
    insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at,
                       actor, cause, correlation, changed, after)
    select $1, {kind}, draft.id, draft.parent, 1, 0, draft.event_id, $6, $7, $8, $9, $10, '{{}}', written.document
    from written join draft using (id)
), queued as (
    insert into outbox (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
    select $1, {kind}, draft.id, draft.parent, 1, 0, draft.event_id, $6, $7
    from written join draft using (id)
){more}
select id, document from written;

-- name: taken
-- Whether an id is, or was, that of a resource.
select exists(select from resource where tenant = $1 and kind = {kind} and id = $2)
    or exists(select from moved where tenant = $1 and kind = {kind} and id = $2)
    or exists(select from event where tenant = $1 and kind = {kind} and resource_id = $2);

-- name: origins
-- Which resources these rows of a source became, or what those were merged into.
select row_id, case when moved.id is null then origin.id else heir(origin.tenant, origin.kind, origin.id) end as id
from origin left join moved using (tenant, kind, id)
where tenant = $1 and kind = {kind} and source = $2 and row_id = any($3);

-- name: update
-- The next version of a resource, and the events of the change.
with written as (
    update resource set version = version + 1, document = $4
    where tenant = $1 and kind = {kind} and id = $2 and version = $3
    returning id, parent, version, document
), logged as (
    insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at,
                       actor, cause, correlation, changed, before, after)
    select $1, {kind}, id, parent, version, ordinal - 1, event_id, type, $7, $8, $9, $10, $11, $12, document
    from written, unnest($5::text[], $6::text[]) with ordinality as happened (event_id, type, ordinal)
), queued as (
    insert into outbox (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
    select $1, {kind}, id, parent, version, ordinal - 1, event_id, type, $7
    from written, unnest($5::text[], $6::text[]) with ordinality as happened (event_id, type, ordinal)
    order by ordinal
){more}
select version, document from written;

-- name: delete
-- The end of a resource, and its event.
with gone as (
    delete from resource where tenant = $1 and kind = {kind} and id = $2 and version = $3
    returning id, parent, version, document
), logged as (
    insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at,
                       actor, cause, correlation, changed, before)
    select $1, {kind}, id, parent, version + 1, 0, $4, $5, $6, $7, $8, $9, '{{}}', document from gone
), queued as (
    insert into outbox (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
    select $1, {kind}, id, parent, version + 1, 0, $4, $5, $6 from gone
)
select id from gone;

-- name: claim_key
-- False while another request holds this Idempotency-Key; held until the transaction ends.
select pg_try_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0));

-- name: recall
-- The answer once given to this key.
select fingerprint, status, headers, body from idempotency where tenant = $1 and key = $2 and expires_at > $3;

-- name: remember
-- Keep the answer given to this key.
insert into idempotency (tenant, key, fingerprint, expires_at, status, headers, body)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant, key) do update
set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at, status = excluded.status,
    headers = excluded.headers, body = excluded.body;

-- name: forget
-- Remove a small batch of answers whose time is over.
delete from idempotency where (tenant, key) in
    (select tenant, key from idempotency where expires_at <= $1 order by expires_at limit 100 for update skip locked);
