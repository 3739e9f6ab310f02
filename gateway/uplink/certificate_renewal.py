"""The certificate's loop: a new one, for a new key, at two thirds of the old one's life."""

import asyncio
import logging
from typing import Final

from gateway.model.clock import Clock
from gateway.model.enrolment import CertificateRequest
from gateway.store.gate_store import GateStore
from gateway.uplink.identity import NewKey, read_identity
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient

LOOK_EVERY_S: Final = 3600.0  # the clock may be set, and the gate enrolled, while the service runs

log = logging.getLogger(__name__)


class CertificateRenewal:
    """`step` renews the certificate if it is time, or waits. It raises what the client and the store raise, and EnrolmentError."""

    def __init__(self, store: GateStore, client: PlatformClient, link: Link, clock: Clock) -> None:
        self._store = store
        self._client = client
        self._link = link
        self._clock = clock

    async def step(self) -> None:
        identity = await asyncio.to_thread(read_identity, self._store.folder)
        if identity is None or self._clock() < identity.renewal_due:
            self._link.no_longer_failing(Channel.CERTIFICATE)
            await asyncio.sleep(LOOK_EVERY_S)
            return
        new = NewKey.of(self._store.gate)
        request = CertificateRequest(signing_request=new.signing_request)
        answer = await self._client.ask(lambda platform: platform.renew_certificate(new.gate, request))
        kept = await asyncio.to_thread(new.accept, answer, self._store.folder)
        await self._client.renew_credentials()
        self._link.answered(Channel.CERTIFICATE)
        log.info("the gate's certificate is renewed until %s", kept.certificate.not_valid_after_utc.date())
