"""A site's settings for its platform: clear text stays on this machine, secrets stay in their file."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.uplink.settings import UplinkSettings


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://platform.example", "https://platform.example"),
        ("https://platform.example:8443/kh/", "https://platform.example:8443/kh"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_addresses_that_are_safe(url: str, kept: str) -> None:
    assert UplinkSettings(url=url, allow_clear_text=url.startswith("http:")).url == kept


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "http://127.0.0.1:8080"}, "wants `allow_clear_text: true`"),
        ({"url": "http://platform.example", "allow_clear_text": True}, "to another machine"),
        ({"url": "http://192.168.1.5:8080", "allow_clear_text": True}, "to another machine"),
        ({"url": "http://localhost.example", "allow_clear_text": True}, "to another machine"),
        ({"url": "ftp://127.0.0.1"}, "wants an address like"),
        ({"url": "127.0.0.1:8080"}, "wants an address like"),
        ({"url": "https://"}, "wants an address like"),
        ({"url": "https://platform.example:99999"}, "not a web address"),
        ({"url": "https://[::1"}, "not a web address"),
        ({"url": "https://gate:secret@platform.example"}, "must not hold a user or password"),
        ({"url": "https://platform.example/?token=1"}, "must not hold a query"),
        ({"url": "https://platform.example", "token_file": "/t", "token_env": "T"}, "not both"),
        ({"url": "https://platform.example", "token_env": "A B"}, "token_env"),
        ({"url": "https://platform.example", "token": "secret"}, "Extra inputs"),
        ({"url": "https://platform.example", "retry_cap_s": 0.1}, "retry_cap_s"),
        ({"url": "https://platform.example", "feed_wait_s": 31}, "feed_wait_s"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        UplinkSettings.model_validate(settings)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in UplinkSettings.model_fields.values())
