-- name: open_file
-- A file begins; what is not whole by then is cleared away.
insert into file (tenant, id, expires_at) values ($1, $2, $3);

-- name: add_file_part
-- The next part of a file; nothing when the file is gone.
with grown as (update file set size = size + octet_length($4::bytea) where tenant = $1 and id = $2 returning tenant, id)
insert into file_part (tenant, file, number, content) select tenant, id, $3, $4 from grown;

-- name: close_file
-- Everything is there; how large it is.
update file set whole = true, expires_at = $3 where tenant = $1 and id = $2 returning size;

-- name: keep_file
-- A file is kept so long.
update file set expires_at = $3 where tenant = $1 and id = $2;

-- name: file_is_whole
-- The size of a file that can be read.
select size from file where tenant = $1 and id = $2 and whole;

-- name: file_part
-- One part of a file.
select content from file_part where tenant = $1 and file = $2 and number = $3;

-- name: remove_file
-- A file and its parts are gone.
with parts as (delete from file_part where tenant = $1 and file = $2)
delete from file where tenant = $1 and id = $2;

-- name: expired_files
-- Some files whose time is over.
select tenant, id from file where expires_at <= $1 order by expires_at limit 50;
