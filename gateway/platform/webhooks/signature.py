"""How a receiver knows that a message is ours, and fresh: the scheme of Standard Webhooks (standardwebhooks.com, v1)."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

from gateway.model.clock import RandomBytes

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret(random: RandomBytes) -> str:
    return PREFIX + base64.b64encode(random(SECRET_BYTES)).decode("ascii")


def signed_fields(secrets: tuple[str, ...], event_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three header fields of a message: HMAC-SHA256 over `id.timestamp.body`, the timestamp in Unix seconds.

    One signature for each of the secrets, divided by a space.
    """
    timestamp = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    signatures = " ".join(_signature(secret, signed) for secret in secrets)
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def _signature(secret: str, signed: bytes) -> str:
    tag = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)
    return "v1," + base64.b64encode(tag).decode("ascii")
