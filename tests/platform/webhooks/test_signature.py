"""The signature is that of Standard Webhooks: the vector is the one that the scheme's libraries are tested with."""

from datetime import UTC, datetime

from gateway.platform.webhooks.signature import new_secret, signed_fields


def test_the_known_vector_and_a_second_signature_beside_it() -> None:
    fields = signed_fields(
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "A" * 44),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert fields == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,woH/1mJtZGSMCmpFTxRYbStS24eLLD/oXIYr4PYyZ7g=",
    }


def test_a_new_secret_is_256_bits_of_chance() -> None:
    assert new_secret(lambda number: bytes(range(number))) == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
