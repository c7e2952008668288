-- name: due_snoozes
-- Those that are left alone until a moment that has come, the longest due first, of all tenants; nobody else has them
-- until the transaction ends.
select tenant, id from resource
where kind = {kind} and document @> $1::jsonb and (document #>> $2::text[]) collate "C" <= $3
order by (document #>> $2::text[]) collate "C", tenant, id
limit $4
for update skip locked;
