"""Shapes of the typical server: a sales lead as Pydantic models."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer


def _spelled(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_spelled, when_used="json")]
Amount = Annotated[Decimal, PlainSerializer(float, when_used="json")]


class State(StrEnum):
    """States of a lead."""

    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "inProgress"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """Priorities of a lead."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Shape(BaseModel):
    """What all shapes share."""

    model_config = ConfigDict(populate_by_name=True)


class Money(Shape):
    """An amount in a currency."""

    unit: str | None = None
    value: Amount | None = Field(default=None, ge=0)


class TimePeriod(Shape):
    """From when to when."""

    startDateTime: Moment | None = None  # noqa: N815 - names of the standard
    endDateTime: Moment | None = None  # noqa: N815


class Ref(Shape):
    """A reference to something elsewhere."""

    id: str
    href: str | None = None
    name: str | None = None
    referred_type: str | None = Field(default=None, alias="@referredType")


class RelatedParty(Ref):
    """Who is involved."""

    role: str | None = None


class MediumCharacteristic(Shape):
    """The address of a contact medium."""

    contactType: str | None = None  # noqa: N815
    emailAddress: str | None = None  # noqa: N815
    phoneNumber: str | None = None  # noqa: N815
    street1: str | None = None
    postCode: str | None = None  # noqa: N815
    city: str | None = None
    country: str | None = None


class ContactMedium(Shape):
    """A way to reach the prospect."""

    mediumType: str | None = None  # noqa: N815
    preferred: bool | None = None
    characteristic: MediumCharacteristic | None = None
    validFor: TimePeriod | None = None  # noqa: N815


class Note(Shape):
    """A remark."""

    id: str | None = None
    author: str | None = None
    date: Moment | None = None
    text: str | None = None


class SalesLeadCreate(Shape):
    """What a client posts."""

    name: str = Field(min_length=1)
    description: str | None = None
    referredDate: Moment | None = None  # noqa: N815
    type: str | None = None
    rating: str | None = None
    priority: Priority | None = None
    statusChangeReason: str | None = None  # noqa: N815
    validFor: TimePeriod | None = None  # noqa: N815
    estimatedRevenue: Money | None = None  # noqa: N815
    category: Ref | None = None
    channel: Ref | None = None
    marketSegment: Ref | None = None  # noqa: N815
    marketingCampaign: Ref | None = None  # noqa: N815
    product: Ref | None = None
    productOffering: Ref | None = None  # noqa: N815
    productSpecification: Ref | None = None  # noqa: N815
    prospectContact: list[ContactMedium] | None = None  # noqa: N815
    relatedParty: list[RelatedParty] | None = None  # noqa: N815
    note: list[Note] | None = None
    at_type: str = Field(default="SalesLead", alias="@type")


class SalesLead(SalesLeadCreate):
    """What a client gets."""

    id: str
    href: str
    status: State
    creationDate: Moment  # noqa: N815
    statusChangeDate: Moment | None = None  # noqa: N815
