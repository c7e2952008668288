"""The states of leads and opportunities on the wire (TMF699, SalesLeadStateType and SalesOpportunityStateType)."""

ACKNOWLEDGED = "acknowledged"
IN_PROGRESS = "inProgress"
PENDING = "pending"
ACCEPTED = "accepted"
REJECTED = "rejected"
CANCELLED = "cancelled"

STATES = (ACKNOWLEDGED, IN_PROGRESS, PENDING, ACCEPTED, REJECTED, CANCELLED)
