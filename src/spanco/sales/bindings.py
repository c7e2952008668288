"""What is special about each kind of resource: what to complete before a write, what to react with after it."""

from collections.abc import Mapping

from spanco.sales.actions import doors, duplicates, exports, jobs, registers
from spanco.sales.actions.accounts import admit_gatherer, admit_member, keep_gathered
from spanco.sales.actions.merges import merge
from spanco.sales.actions.turns import in_turn
from spanco.sales.actions.unmerges import unmerge
from spanco.sales.people import PEOPLE
from spanco.sales.rules import forms, tsm
from spanco.sales.rules.items import numbered
from spanco.sales.rules.registers import check_entry, check_register
from spanco.work import Attachment, Binding

BINDINGS: Mapping[str, Binding] = {
    **PEOPLE,
    "sales.salesLead": Binding(
        prepare=tsm.followed,
        admit=in_turn(admit_member, registers.admit, duplicates.understand),
    ),
    "sales.salesOpportunity": Binding(prepare=numbered, admit=in_turn(admit_member, registers.admit)),
    "spanco.duplicateCheck": Binding(perform=duplicates.check),
    "spanco.form": Binding(
        prepare=forms.checked,
        admit=in_turn(doors.admit_source, doors.admit_form),
        react=doors.open_and_close,
    ),
    "spanco.captureKey": Binding(admit=doors.admit_source, react=doors.close_removed, reveal=doors.reveal_key),
    "spanco.confirmationLink": Binding(reveal=doors.reveal_link),
    "spanco.submissionReplay": Binding(react=doors.begin_again),
    "spanco.importJob": Binding(
        prepare=jobs.ready,
        admit=jobs.admit,
        react=jobs.follow,
        beside={
            "content": Attachment(take=jobs.take, give=jobs.content),
            "errors": Attachment(give=jobs.errors),
            "revert": Attachment(act=jobs.revert),
        },
    ),
    "spanco.exportJob": Binding(
        prepare=exports.ready,
        admit=exports.admit,
        react=exports.follow,
        beside={"content": Attachment(give=exports.content)},
    ),
    "spanco.merge": Binding(admit=unmerge, perform=merge),
    "spanco.prospect": Binding(admit=admit_gatherer, react=keep_gathered),
    "spanco.salesAccount": Binding(admit=admit_gatherer, react=keep_gathered),
    "spanco.salesContact": Binding(react=keep_gathered),
    "spanco.register": Binding(prepare=check_register, react=registers.changed, seed=registers.make_ready),
    "spanco.register.entry": Binding(
        prepare=check_entry, admit=registers.admit_entry, react=registers.changed, seed=registers.make_ready
    ),
}
