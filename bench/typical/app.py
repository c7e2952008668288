"""The typical server: FastAPI, Pydantic and SQLAlchemy's async ORM, as a good developer writes it in an afternoon."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.typical.models import SalesLead, SalesLeadCreate
from bench.typical.tables import EventRow, LeadRow

BASE = "/tmf-api/sales/v4/salesLead"

engine = create_async_engine(
    "postgresql+asyncpg://",
    async_creator=lambda: asyncpg.connect(os.environ["BENCH_DATABASE_URL"], server_settings={"jit": "off"}),
    pool_size=10,
    max_overflow=0,
)
new_session = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Close the connections at the end."""
    yield
    await engine.dispose()


async def session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with new_session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI(title="Sales leads", lifespan=lifespan)


def represented(request: Request, row: LeadRow) -> SalesLead:
    """A stored lead as the client sees it."""
    href = f"{request.base_url}{BASE[1:]}/{row.id}"
    return SalesLead.model_validate({**row.document, "id": row.id, "href": href})


def filtered(statement: Select[Any], status: str | None, party: str | None) -> Select[Any]:
    """Only the leads in this state and of this party."""
    if status is not None:
        statement = statement.where(LeadRow.document["status"].astext == status)
    if party is not None:
        statement = statement.where(LeadRow.document.contains({"relatedParty": [{"id": party}]}))
    return statement


@app.get(BASE + "/{lead_id}", response_model_exclude_none=True)
async def read_lead(request: Request, lead_id: str, session: Session) -> SalesLead:
    """One lead."""
    row = await session.get(LeadRow, lead_id)
    if row is None:
        raise HTTPException(404, "No such lead")
    return represented(request, row)


@app.get(BASE, response_model_exclude_none=True)
async def list_leads(  # noqa: PLR0913 - one for each query parameter
    request: Request,
    response: Response,
    session: Session,
    status: str | None = None,
    related_party: Annotated[str | None, Query(alias="relatedParty.id")] = None,
    sort: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[SalesLead]:
    """A page of leads, with the total in a header."""
    total = await session.scalar(filtered(select(func.count()).select_from(LeadRow), status, related_party))
    statement = filtered(select(LeadRow), status, related_party)
    created = LeadRow.document["creationDate"].astext
    if sort in {"creationDate", "-creationDate"}:
        statement = statement.order_by(created.desc() if sort.startswith("-") else created)
    else:
        statement = statement.order_by(LeadRow.id)
    rows = await session.scalars(statement.limit(limit).offset(offset))
    response.headers["X-Total-Count"] = str(total)
    return [represented(request, row) for row in rows]


@app.post(BASE, response_model_exclude_none=True, status_code=201)
async def create_lead(request: Request, response: Response, lead: SalesLeadCreate, session: Session) -> SalesLead:
    """A new lead and its event in one transaction."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = lead.model_dump(mode="json", by_alias=True, exclude_none=True)
    document |= {"status": "acknowledged", "creationDate": now, "statusChangeDate": now}
    row = LeadRow(id=str(uuid4()), document=document)
    session.add(row)
    session.add(EventRow(lead_id=row.id, event_type="SalesLeadCreateEvent", payload=document))
    await session.commit()
    created = represented(request, row)
    response.headers["Location"] = created.href
    return created
