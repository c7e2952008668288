-- name: open_job
-- A job is known to the workers; they have nothing to do for it yet.
insert into job (tenant, id, kind, task, subject, roles, created_at) values ($1, $2, $3, $4, $5, $6, $7);

-- name: order_task
-- What is to be done for a job now (null: nothing), and on whose behalf where that is another one than before.
-- Another pass over the file begins with it.
update job set task = $3, round = round + case when $3::text is null then 0 else 1 end,
    subject = coalesce($4, subject), roles = coalesce($5, roles)
where tenant = $1 and id = $2;

-- name: job_of
-- What is known of one job.
select tenant, id, kind, task, round, file, subject, roles from job where tenant = $1 and id = $2;

-- name: due_jobs
-- Jobs that have something to do, the oldest first.
select tenant, id, kind, task, round, file, subject, roles from job where task is not null order by created_at limit $1;

-- name: give_file
-- The job has another file; the one that it had.
with before as (select file from job where tenant = $1 and id = $2 for update)
update job set file = $3 from before where tenant = $1 and id = $2 returning before.file;

-- name: lose_files
-- Jobs whose file is gone.
update job set file = null from unnest($1::text[], $2::text[]) as gone (tenant, file)
where job.tenant = gone.tenant and job.file = gone.file
returning job.tenant, job.id, job.kind;

-- name: remove_job
-- A job is forgotten with all that was noted of it; its file.
with keys as (delete from job_key where tenant = $1 and job = $2),
    joined as (delete from job_joined where tenant = $1 and job = $2),
    rehearsed as (delete from job_rehearsed where tenant = $1 and job = $2),
    rehearsed_keys as (delete from job_rehearsed_key where tenant = $1 and job = $2),
    chunks as (delete from job_chunk where tenant = $1 and job = $2),
    faults as (delete from job_fault where tenant = $1 and job = $2)
delete from job where tenant = $1 and id = $2 returning file;

-- name: hold_job
-- True for the one process that works on a job; held by its connection, so it ends with the process, however that ends.
select pg_try_advisory_lock(hashtextextended('job ' || $1 || chr(10) || $2, 0));

-- name: let_job_go
-- Somebody else may work on it.
select pg_advisory_unlock(hashtextextended('job ' || $1 || chr(10) || $2, 0));

-- name: note_keys
-- The keys of some rows; how many of them are new.
with fresh as (
    insert into job_key (tenant, job, round, digest, line)
    select $1, $2, $3, digest, line from unnest($4::bytea[], $5::integer[]) as given (digest, line)
    on conflict do nothing
    returning 1
)
select count(*) from fresh;

-- name: earlier_keys
-- Which of these keys stand on an earlier line, and on which.
select given.line, job_key.line as first from unnest($4::bytea[], $5::integer[]) as given (digest, line)
join job_key on tenant = $1 and job = $2 and round = $3 and job_key.digest = given.digest
where job_key.line < given.line;

-- name: done_chunks
-- The chunks of a round that are done.
select number from job_chunk where tenant = $1 and job = $2 and round = $3;

-- name: note_chunk
-- A chunk is done; written with its rows.
insert into job_chunk (tenant, job, round, number, tally, ids, row_ids, lines) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: still_wanted
-- Whether this is still what is to be done for the job; nobody changes that until the transaction ends.
select task is not null and round = $3 from job where tenant = $1 and id = $2 for share;

-- name: stop_job
-- No chunk of a job is written any more until the transaction ends; who is writing one is waited for.
select from job where tenant = $1 and id = $2 for update;

-- name: note_rehearsed
-- What a dry run would have created.
with noted as (
    insert into job_rehearsed (tenant, job, round, line, document)
    select $1, $2, $3, line, document from unnest($4::integer[], $5::jsonb[]) as given (line, document)
    on conflict do nothing
)
insert into job_rehearsed_key (tenant, job, round, key, line)
select $1, $2, $3, key, line from unnest($6::text[], $7::integer[]) as given (key, line)
on conflict do nothing;

-- name: sharing_rehearsed
-- Lines whose rows would have been created and share keys, for each key the last ones.
select asked.number, asked.key, found.line
from unnest($4::int[], $5::text[]) as asked (number, key)
cross join lateral (
    select line from job_rehearsed_key
    where tenant = $1 and job = $2 and round = $3 and job_rehearsed_key.key = asked.key
    order by line desc limit $6
) as found;

-- name: rehearsed
-- What would have been created of these lines.
select line, document from job_rehearsed where tenant = $1 and job = $2 and round = $3 and line = any($4::integer[]);

-- name: join_rows
-- Rows of the source $3 that became nothing of their own but belong to records that are there.
with joined as (
    insert into origin (tenant, kind, source, row_id, id)
    select $1, {kind}, $3, row_id, id from unnest($4::text[], $5::text[]) as joined (row_id, id)
    on conflict do nothing
    returning row_id, id
)
insert into job_joined (tenant, job, row_id, id) select $1, $2, row_id, id from joined on conflict do nothing;

-- name: part_rows
-- Some rows of the source $3 that were joined to records are forgotten.
with parted as (
    delete from job_joined where ctid = any (
        array(select ctid from job_joined where tenant = $1 and job = $2 limit 5000))
    returning row_id, id
)
delete from origin using parted
where tenant = $1 and kind = {kind} and source = $3 and origin.row_id = parted.row_id and origin.id = parted.id;

-- name: forget_todo
-- These records need not be compared any more.
delete from match_todo where tenant = $1 and kind = {kind} and id = any($2::text[]);

-- name: pairs_of
-- Pairs of which one record is among these.
select distinct found.id
from unnest($2::text[]) as gone (id), unnest(array['record', 'candidate']) as side (name)
cross join lateral (
    select pair.id from resource as pair
    where pair.tenant = $1 and pair.kind = {kind}
        and pair.document @> jsonb_build_object(side.name, jsonb_build_object('id', gone.id))
) as found;

-- name: note_faults
-- Rows that stayed outside.
insert into job_fault (tenant, job, round, line, reason, cells)
select $1, $2, $3, line, reason, string_to_array(cells, chr(1))
from unnest($4::integer[], $5::text[], $6::text[]) as fault (line, reason, cells)
on conflict do nothing;

-- name: job_sums
-- How many rows came to which end, by outcome and state.
select outcome, state, sum(rows::bigint)::bigint as rows from job_chunk,
    jsonb_each(tally) as ends (outcome, states), jsonb_each_text(states) as counted (state, rows)
where tenant = $1 and job = $2 and round = $3
group by outcome, state;

-- name: next_made
-- The next chunk that created something which was not taken back, for this transaction.
select round, number, ids, row_ids, lines from job_chunk
where tenant = $1 and job = $2 and cardinality(ids) > 0 order by round, number limit 1 for update;

-- name: take_back
-- What a chunk created is taken back.
update job_chunk set ids = '{{}}', row_ids = '{{}}', lines = '{{}}'
where tenant = $1 and job = $2 and round = $3 and number = $4;

-- name: some_faults
-- The next faults of a round after a line.
select line, reason, cells from job_fault where tenant = $1 and job = $2 and round = $3 and line > $4 order by line limit $5;

-- name: fault_round
-- The last round that left something to read of.
select max(round) from job_fault where tenant = $1 and job = $2;

-- name: forget_row_keys
-- Some keys of earlier rounds.
delete from job_key where ctid = any (
    array(select ctid from job_key where tenant = $1 and job = $2 and round < $3 limit 10000));

-- name: forget_faults
-- Some faults of earlier rounds.
delete from job_fault where ctid = any (
    array(select ctid from job_fault where tenant = $1 and job = $2 and round < $3 limit 5000));

-- name: forget_rehearsed
-- Some of what dry runs would have created.
delete from job_rehearsed where ctid = any (
    array(select ctid from job_rehearsed where tenant = $1 and job = $2 and round <= $3 limit 5000));

-- name: forget_rehearsed_keys
-- Some keys of what dry runs would have created.
delete from job_rehearsed_key where ctid = any (
    array(select ctid from job_rehearsed_key where tenant = $1 and job = $2 and round <= $3 limit 10000));

-- name: forget_chunks
-- What earlier rounds noted that created nothing, such as dry runs.
delete from job_chunk where tenant = $1 and job = $2 and round < $3 and cardinality(ids) = 0;

-- name: forget_origins
-- These rows of a source were never imported.
delete from origin where tenant = $1 and kind = {kind} and source = $2 and row_id = any ($3) and id = any ($4);

-- name: walk
-- All that meets the conditions that the query compiler made, in the order of the ids.
select id, version, document from resource where {{conditions}} order by tenant, kind, id;
