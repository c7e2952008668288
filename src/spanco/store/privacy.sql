-- name: privacy_key
-- The key of a tenant, made when it is first needed.
with made as (
    insert into privacy_key (tenant, key)
    select $1, $2 where not exists (select from privacy_key where tenant = $1)
    on conflict (tenant) do nothing
    returning key
)
select key from made union all select key from privacy_key where tenant = $1 limit 1;

-- name: privacy_key_if_any
-- The key of a tenant, if it was needed yet.
select key from privacy_key where tenant = $1;

-- name: open_privacy_task
-- Note an order for the workers.
insert into privacy_task (tenant, id, kind, step, person, found, created_at) values ($1, $2, $3, $4, $5, $6, $7);

-- name: next_privacy_task
-- The oldest order that is due and that nobody works on, held until the transaction ends.
select tenant, id, kind, step, person, found, tally, created_at from privacy_task where created_at <= $1
order by created_at, id limit 1 for update skip locked;

-- name: hold_privacy_task
-- An order for one worker, until the transaction ends.
select true from privacy_task where tenant = $1 and id = $2 for update skip locked;

-- name: advance_privacy_task
-- How far an order has come.
update privacy_task set step = $3, found = $4, tally = $5 where tenant = $1 and id = $2;

-- name: clear_privacy_task
-- The person of an order is no longer needed.
update privacy_task set step = $3, person = '{{}}', found = '{{}}' where tenant = $1 and id = $2;

-- name: put_off_privacy_task
-- An order that met a fault is tried again later; others get their turn.
update privacy_task set created_at = $3 where tenant = $1 and id = $2;

-- name: is_retaining
-- Whether a batch of a rule is still under way.
select exists (select from privacy_task where tenant = $1 and person @> $2);

-- name: close_privacy_task
-- An order that is done.
delete from privacy_task where tenant = $1 and id = $2;

-- name: add_privacy_lines
-- More lines of an access export, after those that are there.
insert into privacy_line (tenant, task, number, line, expires_at)
select $1, $2, coalesce((select max(number) from privacy_line where tenant = $1 and task = $2), 0) + number, line, $4
from unnest($3::bytea[]) with ordinality as given (line, number);

-- name: privacy_lines
-- Some lines of an access export, after a number.
select number, line from privacy_line where tenant = $1 and task = $2 and number > $3 order by number limit $4;

-- name: drop_privacy_lines
-- The lines of an access export that is deleted.
delete from privacy_line where tenant = $1 and task = $2;

-- name: expired_privacy_lines
-- A small batch of lines whose time is over.
delete from privacy_line where ctid = any (array(select ctid from privacy_line where expires_at < $1 limit $2));

-- name: heirs_and_losers
-- Everything that was merged with one of these, whichever way.
with recursive family (id) as (
    select unnest($3::text[]) collate "C"
    union
    select case when moved.id = family.id then moved.heir else moved.id end
    from family join moved on moved.tenant = $1 and moved.kind = $2 and (moved.id = family.id or moved.heir = family.id)
)
select id from family;

-- name: privacy_referring
-- Resources of a kind that hold one of these parts.
select id, document from resource where tenant = $1 and kind = $2 and document @> any($3::jsonb[]);

-- name: documents_by_ids
-- Those resources of a kind that there are.
select id, document from resource where tenant = $1 and kind = $2 and id = any($3);

-- name: files_naming
-- Files in which a pattern stands, also across the border of two parts; and those that are no plain text (a zero byte
-- tells), unless somebody works on them now.
with part as (
    select file, encode(content || coalesce(lead(substr(content, 1, 400)) over in_order, ''), 'escape') collate "C" as text,
           position('\x00'::bytea in content) > 0 as is_binary
    from file_part where tenant = $1
    window in_order as (partition by file order by number)
)
select distinct file from part
where text ilike any($2::text[]) or text ~ any($3::text[]) or text like any($4::text[])
   or (is_binary and not exists (select from job where job.tenant = $1 and job.file = part.file and task is not null))
order by file;

-- name: due_for_retention
-- The tenants that have rules.
select distinct tenant from resource where kind = $1;
