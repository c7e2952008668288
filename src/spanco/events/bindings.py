"""What is special about the resources that events are about: topics, orders to replay, new secrets of hubs."""

from collections.abc import Mapping

from spanco.events import replays, secrets
from spanco.events.topics import checked
from spanco.work import Binding

EVENT_BINDINGS: Mapping[str, Binding] = {
    "event.topic": Binding(prepare=checked),
    "spanco.replay": Binding(prepare=replays.ready, react=replays.begin),
    "spanco.signingSecret": Binding(prepare=secrets.ready, reveal=secrets.reveal),
}
