-- name: keys_of_one
-- Beside a new resource: its match keys, and, where $13, that it is to be compared.
, keyed as (
    insert into match_key (tenant, kind, id, key)
    select $1, {kind}, id, key from written, unnest($12::text[]) as key
    on conflict do nothing
), noted as (
    insert into match_todo (tenant, kind, id, noted_at) select $1, {kind}, id, $7 from written where $13
    on conflict do nothing
);

-- name: keys_of_many
-- Beside new resources: the match keys $14 of the ids $13, and, where $15, that they are to be compared.
, keyed as (
    insert into match_key (tenant, kind, id, key)
    select $1, {kind}, id, key from unnest($13::text[], $14::text[]) as keyed (id, key) join written using (id)
    on conflict do nothing
), noted as (
    insert into match_todo (tenant, kind, id, noted_at)
    select $1, {kind}, id, $7 from written where $15 and id = any($13)
    on conflict do nothing
);

-- name: keys_of_change
-- Beside a change: the keys are those of $13 and no others; who has a new one is to be compared, where $14.
, forgotten as (
    delete from match_key using written
    where match_key.tenant = $1 and match_key.kind = {kind} and match_key.id = written.id and key <> all($13::text[])
), keyed as (
    insert into match_key (tenant, kind, id, key)
    select $1, {kind}, id, key from written, unnest($13::text[]) as key
    on conflict do nothing
    returning key
), noted as (
    insert into match_todo (tenant, kind, id, noted_at)
    select $1, {kind}, id, $7 from written where $14 and exists (select from keyed)
    on conflict do nothing
);

-- name: forget_keys
-- The keys of a resource that is gone; what was found of it is still to be closed.
with forgotten as (
    delete from match_key where tenant = $1 and kind = {kind} and id = $2
)
insert into match_todo (tenant, kind, id, noted_at) values ($1, {kind}, $2, $3) on conflict do nothing;

-- name: sharing_keys
-- Records of some kinds that share keys, for each key the newest; one more than the cap tells that there are more.
select asked.number, asked.key, found.kind, found.id
from unnest($2::int[], $3::text[]) as asked (number, key)
cross join unnest($4::text[]) as searched (kind)
cross join lateral (
    select kind, id from match_key
    where tenant = $1 and match_key.key = asked.key and match_key.kind = searched.kind
    order by id desc limit $5
) as found;

-- name: records_by_ids
-- The records of one kind with these ids.
select id, version, document from resource where tenant = $1 and kind = {kind} and id = any($2::text[]);

-- name: lock_keys
-- Nobody else makes a record with one of these keys until the transaction ends; always in the same order.
select pg_advisory_xact_lock(hashtextextended('match' || chr(10) || $1 || chr(10) || key, 0))
from (select key from unnest($2::text[]) as key order by key) as ordered;

-- name: bring_alone
-- One chunk of an import of a tenant at a time, until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('bring' || chr(10) || $1, 0));

-- name: take_todo
-- Some records of one tenant and kind that are to be compared, the oldest first; they are taken away.
with first as (
    select tenant, kind from match_todo order by noted_at limit 1 for update skip locked
), taken as (
    select tenant, kind, id from match_todo join first using (tenant, kind)
    order by noted_at limit $1 for update of match_todo skip locked
)
delete from match_todo using taken
where match_todo.tenant = taken.tenant and match_todo.kind = taken.kind and match_todo.id = taken.id
returning taken.tenant, taken.kind, taken.id;

-- name: next_records
-- Some records of a kind and all tenants after a place, in the order of their key; for writing their keys anew. Nobody
-- changes them until the transaction ends: a change that leaves the keys as they are by the present rules writes none.
select tenant, id, version, document from resource
where kind = {kind} and (tenant, id) > ($1, $2) order by tenant, id limit $3
for no key update;

-- name: put_keys
-- Exactly these keys for a record, unless it has changed since its version $4.
with there as (
    select id from resource where tenant = $1 and kind = {kind} and id = $2 and version = $4 for update
), forgotten as (
    delete from match_key using there
    where tenant = $1 and kind = {kind} and match_key.id = there.id and key <> all($3::text[])
)
insert into match_key (tenant, kind, id, key)
select $1, {kind}, id, key from there, unnest($3::text[]) as key
on conflict do nothing;

-- name: begin_renewal
-- The records of a kind need their keys by these rules, from the first one on, unless they have them or are getting them.
insert into match_renewal (kind, rules, tenant, id) values ({kind}, $1, '', '')
on conflict (kind) do update set rules = $1, tenant = '', id = '', done = false where match_renewal.rules <> $1;

-- name: renewal
-- How far the keys of a kind are renewed; nobody else goes on until the transaction ends. Nothing when all are.
select tenant, id from match_renewal where kind = {kind} and not done for update skip locked;

-- name: note_renewal
-- The keys of a kind are renewed up to this place.
update match_renewal set tenant = $1, id = $2, done = $3 where kind = {kind};
