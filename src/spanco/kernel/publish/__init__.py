"""The OpenAPI document that is published for a served API: what it takes and answers, no more and no less."""

from spanco.kernel.publish.document import published

__all__ = ["published"]
