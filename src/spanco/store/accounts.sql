-- name: missing_references
-- Which of these resources, given by kind and id, do not exist; those that do stay until the transaction ends.
with wanted as (
    select * from unnest($2::text[], $3::text[]) as wanted (kind, id)
), found as (
    select resource.kind, resource.id from resource
    where tenant = $1 and kind = any($2) and id = any($3)
    order by kind, id for key share
)
select kind, id from wanted where not exists (select from found where found.kind = wanted.kind and found.id = wanted.id);

-- name: hold_hierarchy
-- One at a time changes who is a subsidiary of whom; until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('hierarchy ' || $1, 0));

-- name: ancestors
-- An account and those above it, the nearest first, with their names; at most so many.
with recursive line (id, name, above, depth) as (
    select id, document ->> 'name', document #>> '{{subsidiaryOf,id}}', 1
    from resource where tenant = $1 and kind = $2 and id = $3
    union all
    select resource.id, document ->> 'name', document #>> '{{subsidiaryOf,id}}', depth + 1
    from line join resource on tenant = $1 and kind = $2 and resource.id = line.above
    where depth < $4
)
select id, name from line order by depth;

-- name: still_gathered
-- What still refers to a resource that is being removed: of which kind and how many.
select kind, count(*) from resource
where tenant = $1 and kind = any($2)
  and (document @> $3 or document @> $4 or document @> $5)
group by kind order by kind;

-- name: note_final_states
-- The states of a kind that nothing leads out of, as its document declares them now.
with over as (
    delete from final_state where kind = $1 and state <> all($2)
)
insert into final_state (kind, state) select $1, unnest($2::text[]) on conflict do nothing;
