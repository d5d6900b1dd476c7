"""The last value of each tag, for MQTT clients that come later: a retained message.

What a NATS client publishes is never retained, and to publish all of it over MQTT would give up
acknowledgement and duplicate detection. But nats-server keeps retained messages of MQTT in a stream
of its own, one for each topic, and takes what is added to it: so the value is put there, right
before it is published. See docs/decisions/0017-who-may-publish.md.
"""

from __future__ import annotations

from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.flow.sample import Sample
from fsmv2.flow.subject import topic_of

SUBJECT = "$MQTT.rmsgs."
"""What stands before the subject of a value in nats-server's stream of retained messages."""
FLAGS = "1"
"""Of the MQTT message: retained, quality of service 0, as anything that comes from NATS."""


class Retained:
    """The values of one output. `error`: why the last one could not be kept, or ''."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._due: dict[str, Sample] = {}
        self._sent: dict[str, Sample] = {}
        self.error = ""

    async def keep(self, sample: Sample) -> None:
        """Put a value where later clients find it; ConnectionError: not connected now."""
        self._due[sample.subject] = sample
        token = self._connection.expect(self._answered, needs_stream=False)
        self._sent[token] = sample
        headers = {"Nmqtt-RTopic": topic_of(sample.subject), "Nmqtt-RFlags": FLAGS}
        try:
            await self._connection.publish(
                f"{SUBJECT}{sample.subject}", sample.payload, token, headers
            )
        except ConnectionError:
            self._connection.give_up(token)
            self._sent.pop(token, None)
            raise

    async def again(self) -> None:
        """Try once more with what was not taken: there is no such stream before a first client."""
        for sample in list(self._due.values()):
            await self.keep(sample)

    def lost(self) -> None:
        """The connection is gone, and with it every answer."""
        self._sent.clear()

    def _answered(self, token: str, refusal: str) -> None:
        sample = self._sent.pop(token, None)
        self.error = refusal
        if sample is not None and not refusal and self._due.get(sample.subject) is sample:
            del self._due[sample.subject]
