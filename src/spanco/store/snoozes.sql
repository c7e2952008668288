-- name: due_snoozes
-- Those that are left alone until a moment that has come, the longest due first, of all tenants, after a place;
-- nobody else has them until the transaction ends.
select document #>> $2::text[] as moment, tenant, id from resource
where kind = {kind} and document @> $1::jsonb and (document #>> $2::text[]) collate "C" <= $3
    and ((document #>> $2::text[]) collate "C", tenant, id) > ($5, $6, $7)
order by (document #>> $2::text[]) collate "C", tenant, id
limit $4
for update skip locked;
