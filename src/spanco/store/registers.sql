-- name: make_from_the_start
-- What is there from the start, with ids that were chosen for it; nothing is told of it. What is there stays as it is.
insert into resource (tenant, kind, id, parent, version, document)
select $1, {kind}, id, parent, 1, document
from unnest($2::text[], $3::text[], $4::jsonb[]) as built_in (id, parent, document)
on conflict do nothing;

-- name: guarding_registers
-- Which attributes each register of a tenant guards.
select id, document -> 'attribute' as attributes from resource
where tenant = $1 and kind = {kind} and jsonb_array_length(document -> 'attribute') > 0
order by id;

-- name: chosen_entries
-- The entries with these ids.
select id, document from resource where tenant = $1 and kind = {kind} and id = any($2::text[]);

-- name: entries_of_register
-- The entries of a register by their codes; with a day, those that are valid on it.
select id, document from resource
where tenant = $1 and kind = {kind} and parent = $2
  and ($3::text is null or (coalesce(document ->> 'validityFrom', '') <= $3 and coalesce(document ->> 'validityTo', $3) >= $3))
order by document ->> 'code' collate "C"
limit $4;
