"""Several admissions of one kind, one after another: each gets what the one before it made of the document."""

from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document
from spanco.work import Admit, Work


def in_turn(*admissions: Admit) -> Admit:
    """One admission made of several."""

    async def admit(work: Work, resource: Resource, document: Document, before: Document | None) -> Document:
        for each in admissions:
            document = await each(work, resource, document, before)
        return document

    return admit
