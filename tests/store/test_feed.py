"""The feed in the order of commits, as readers ask for it."""

from dataclasses import replace

from spanco.app import Running
from spanco.store import feed
from spanco.store.database import atomic
from spanco.store.statements import statement
from tests.events.test_late_commits import leads, passed_on


async def test_the_feed_of_a_tenant_is_read_by_spans(running: Running) -> None:
    """In order, from a position on, up to another, so many at most; and whose feed has grown is told."""
    other = replace(running, actor=replace(running.actor, tenant=f"{running.actor.tenant}-other"))
    tenant = running.actor.tenant
    await passed_on(running)
    async with running.database.connected() as connection:
        before = await feed.ends(connection)
        assert before.gone <= before.latest <= before.given
        ids = await leads(running, 3) + await leads(other, 2) + await leads(running, 2)
        await passed_on(running)
        after = await feed.ends(connection)
        assert after.latest == before.given + 7
        whole = await feed.after(connection, tenant, (before.latest, after.latest), 100)
        assert [entry.resource_id for entry in whole] == ids[:3] + ids[5:]
        places = [entry.position for entry in whole]
        assert await feed.after(connection, tenant, (places[0], after.latest), 2) == whole[1:3]
        assert await feed.after(connection, tenant, (places[0], places[3]), 9) == whole[1:4]
        assert await feed.after(connection, tenant, (after.latest, after.latest), 9) == []
        assert await feed.news(connection, before.latest) == {tenant: places[-1], other.actor.tenant: places[-1] - 2}
        assert await feed.news(connection, after.latest) == {}


async def test_the_feed_is_looked_at_by_its_indexes(running: Running) -> None:
    """A look ten times a second must not depend on how much there is."""
    asked = {"feed_news": (10**9,), "feed_after": ("somebody", 5, 9, 3), "feed_ends": ()}
    async with running.database.connected() as connection, atomic(connection):
        await connection.execute("set local enable_seqscan = off")
        for name, values in asked.items():
            plan = "\n".join(line for (line,) in await connection.fetch(f"explain {statement(name)}", *values))
            assert "Index" in plan
            assert "Seq Scan on feed " not in plan
