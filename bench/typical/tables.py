"""Tables of the typical server: the document in a jsonb column, events beside it, sensible indexes."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import DateTime, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Model(DeclarativeBase):
    """What all tables share."""


class LeadRow(Model):
    """One lead."""

    __tablename__ = "sales_lead"
    __table_args__ = (
        Index("sales_lead_status", text("(document->>'status')")),
        Index("sales_lead_creation_date", text("(document->>'creationDate')")),
        Index("sales_lead_document", "document", postgresql_using="gin", postgresql_ops={"document": "jsonb_path_ops"}),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True, default=lambda: str(uuid4()))
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)


class EventRow(Model):
    """One event of a lead."""

    __tablename__ = "lead_event"

    id: Mapped[str] = mapped_column(String, primary_key=True, default=lambda: str(uuid4()))
    lead_id: Mapped[str] = mapped_column(String, index=True)
    event_type: Mapped[str] = mapped_column(String)
    event_time: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
