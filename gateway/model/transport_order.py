"""The CN order (貨櫃運送單), message R12: who drives what with which box, and which seals are on it.

Lenient in (`parse_order`), strict out (`TransportOrder.model_dump(mode="json")`). Field lengths follow the message guide
R12, revision ROC 110-08-17 (domain notes §2). Codes are opaque strings: an unknown one is a warning, not an error.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_serializer, model_validator

from gateway.model import codes
from gateway.model.clock import TAIPEI, UtcTime
from gateway.model.container_number import ContainerNumber
from gateway.model.container_number import normalise as normalise_container
from gateway.model.errors import FieldError, OrderError
from gateway.model.plate import normalise as normalise_plate
from gateway.model.seal import normalise_seal_number

# customs office (2) + ROC year (2) + month (2) + BAN (8) + serial (5); or the older an..20 form.
ORDER_NUMBER: Final = re.compile(r"[A-Z0-9]{2}\d{2}(0[1-9]|1[0-2])\d{8}\d{5}")
OLD_ORDER_NUMBER: Final = re.compile(r"(?=.{12,20}$)[A-Z][A-Z0-9]{2,8}\d{9,}")
MESSAGE_ID: Final = re.compile(r"\d{8}\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{4}")
_TIME: Final = re.compile(
    r"(\d{4})[-/]?(\d{2})[-/]?(\d{2})[ T]*(\d{2}):?(\d{2})(?::?(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def is_order_number(text: str) -> bool:
    """Whether an order can be called so: customs office, year, month, BAN and serial, or the older form."""
    return bool(ORDER_NUMBER.fullmatch(text) or OLD_ORDER_NUMBER.fullmatch(text))


def _clean(value: object) -> object:
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value


def _upper(value: object) -> object:
    cleaned = _clean(value)
    return cleaned.upper() if isinstance(cleaned, str) else cleaned


def _number(value: object) -> object:
    """Numbers come as JSON numbers or as digits in text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _clean(value)


def parse_departure_time(value: object) -> object:
    """Lenient: `2021-02-22T11:43:46`, the guide's own `2021-02-22 T11:43:46`, without seconds, with an offset.

    A time without an offset is Taipei's. Raises ValueError for text that is no time.
    """
    if not isinstance(value, str):
        return value
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", value).strip())
    if not match:
        raise ValueError(f"{value!r} is not a time like 2021-02-22T11:43:46")
    year, month, day, hour, minute, second, offset = match.groups()
    moment = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}"
    if offset:
        return datetime.fromisoformat(moment + (offset if offset.upper() != "Z" else "+00:00"))
    return datetime.fromisoformat(moment).replace(tzinfo=TAIPEI)


def _sized(length: int, minimum: int = 1) -> Any:
    return Field(min_length=minimum, max_length=length)


Text4 = Annotated[str, BeforeValidator(_upper), _sized(4)]
Text8 = Annotated[str, BeforeValidator(_upper), _sized(8)]
Text12 = Annotated[str, BeforeValidator(_upper), _sized(12)]
Name30 = Annotated[str, BeforeValidator(_clean), _sized(30)]
Name40 = Annotated[str, BeforeValidator(_clean), _sized(40)]
Code = Annotated[str, BeforeValidator(_number), BeforeValidator(_upper), _sized(1)]
Ban = Annotated[str, BeforeValidator(_number), Field(pattern=r"^\d{8}$")]
Count = Annotated[str, BeforeValidator(_number), Field(pattern=r"^\d{1,8}$")]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        """Lenient in: an empty text in an optional field means that the field is absent."""
        if isinstance(value, Mapping):
            return {k: v for k, v in value.items() if not (v is None or (isinstance(v, str) and not v.strip()))}
        return value


class Container(_Group):
    """The box. `number` is an..17: longer than ISO 6346's eleven, never truncated."""

    number: Annotated[str, BeforeValidator(lambda v: normalise_container(v) if isinstance(v, str) else v)] = Field(
        min_length=1,
        max_length=17,
        pattern=r"^[A-Z0-9]+$",
        description="Container number, an..17",
        examples=["TEMU9221353"],
    )
    size_type: Annotated[str, BeforeValidator(_upper)] | None = Field(
        None, min_length=4, max_length=4, description="ISO size and type", examples=["40G1"]
    )


class Vehicle(_Group):
    kind: Code = Field(description="1 bonded tractor, 2 bonded truck, 3 free-zone fleet, 4 logistics-centre fleet, 5 post")
    number: Text4 | None = Field(None, description="Vehicle number of a bonded truck, an..4")
    haulier_ban: Ban | None = Field(None, description="Haulier's business account number, n8")
    haulier_name: Name40 | None = None
    plate: Annotated[str, BeforeValidator(_upper)] = Field(min_length=1, max_length=12, examples=["KLA-1234"])
    driving_licence: Text12 = Field(description="Driving licence, an..12")
    driver: Name30 = Field(description="Driver's name, an..30")
    count: Count = Field(description="Number of vehicles or pieces, n..8")
    departure_time: Annotated[UtcTime, BeforeValidator(parse_departure_time)] = Field(
        description="Departure time, Taipei when no offset is given", examples=["2026-11-23T11:43:46"]
    )

    @field_serializer("departure_time", when_used="json")
    def _write_strictly(self, value: datetime) -> str:
        return value.astimezone(TAIPEI).strftime("%Y-%m-%dT%H:%M:%S")

    @property
    def plate_value(self) -> str:
        return normalise_plate(self.plate)


class Cargo(_Group):
    trade_kind: Code | None = Field(None, description="I import, E export, T transhipment")
    declaration: Annotated[str, BeforeValidator(_upper), _sized(20)] | None = None
    master_bill: Annotated[str, BeforeValidator(_upper), _sized(35)] | None = None
    house_bill: Annotated[str, BeforeValidator(_upper), _sized(35)] | None = None
    customs_number: Annotated[str, BeforeValidator(_upper), _sized(6)] | None = None
    manifest: Text4 | None = None
    voyage: Text12 | None = None
    vessel_code: Annotated[str, BeforeValidator(_upper), _sized(25)] | None = None
    vessel_name: Annotated[str, BeforeValidator(_clean), _sized(35)] | None = None
    quantity: Count = Field(description="Quantity carried, n..8")
    clearance_mode: Annotated[str, BeforeValidator(_upper), _sized(4)] | None = None
    release_conditions: Annotated[str, BeforeValidator(_number), BeforeValidator(_upper), _sized(20)] | None = Field(
        None, description="Codes run together: 58 means 5 and 8"
    )


class OrderSeal(_Group):
    kind: Code = Field(description="5 passive e-seal, 8 vehicle seal; the whole list is in data/codes.json")
    number: Annotated[str, BeforeValidator(lambda v: normalise_seal_number(v) if isinstance(v, str) else v)] = Field(
        min_length=1, max_length=17, examples=["WLS8854668"]
    )


class TransportOrder(_Group):
    """One CN order. Frozen; equal orders are equal."""

    message_id: Annotated[str, BeforeValidator(_upper)] = Field(
        min_length=1, max_length=20, pattern=r"^[A-Z0-9]+$", description="BAN(8) + YYYYMMDD + serial(4)"
    )
    order_number: Annotated[str, BeforeValidator(_upper)] = Field(
        min_length=1, max_length=20, description="an19, or the older an..20", examples=["BD11020459525700001"]
    )
    message_code: Annotated[Literal["R12"], BeforeValidator(_upper)] = "R12"
    application_kind: Code
    operation_kind: Code = Field(description="1 import, 2 transit, 3 transhipment, 4 export, … (never N5165's list)")
    load_kind: Code = Field(description="A full CY, B empty box, C not containerised, D full CFS, E empty vehicle")
    released_total: Count | None = None
    origin: Text8
    destination: Text8
    container: Container | None = None
    vehicle: Vehicle
    cargo: tuple[Cargo, ...] = Field((), max_length=999)
    seals: tuple[OrderSeal, ...] = Field((), max_length=99)

    @model_validator(mode="after")
    def _order_number_form(self) -> "TransportOrder":
        if not is_order_number(self.order_number):
            raise ValueError(
                f"order_number: {self.order_number!r} is neither office(2) year(2) month(2) BAN(8) serial(5) nor the older form"
            )
        return self

    @property
    def container_number(self) -> ContainerNumber | None:
        return ContainerNumber(self.container.number) if self.container else None


@dataclass(frozen=True, slots=True)
class ParsedOrder:
    """An order and what about it is odd but not wrong: unknown codes, a check digit that fails, an odd message id."""

    order: TransportOrder
    warnings: tuple[FieldError, ...]


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "order"


def _message(error: Mapping[str, Any]) -> FieldError:
    message = str(error["msg"]).removeprefix("Value error, ")
    field, _, rest = message.partition(": ")
    if not error["loc"] and field.isidentifier() and rest:
        return FieldError(field, rest)
    return FieldError(_path(error["loc"]), message)


def _warnings(order: TransportOrder) -> tuple[FieldError, ...]:
    found = []
    coded = [
        ("application_kind", "application_kind", order.application_kind),
        ("operation_kind", "operation_kind", order.operation_kind),
        ("load_kind", "load_kind", order.load_kind),
        ("vehicle.kind", "vehicle_kind", order.vehicle.kind),
        *((f"seals.{i}.kind", "seal_kind", seal.kind) for i, seal in enumerate(order.seals)),
        *((f"cargo.{i}.trade_kind", "trade_kind", c.trade_kind) for i, c in enumerate(order.cargo) if c.trade_kind),
    ]
    found += [FieldError(f, f"unknown code {code!r}") for f, table, code in coded if not codes.is_known(table, code)]
    if not MESSAGE_ID.fullmatch(order.message_id):
        found.append(FieldError("message_id", "not BAN(8) + YYYYMMDD + serial(4)"))
    number = order.container_number
    if number and not number.check_digit_valid:
        found.append(FieldError("container.number", "the check digit does not fit (ISO 6346)"))
    if order.load_kind in {"A", "B", "D"} and number is None:
        found.append(FieldError("container", "this load kind has a container, the order names none"))
    return tuple(found)


def parse_order(message: object) -> ParsedOrder:
    """Read one R12 message (a decoded JSON object).

    Raises OrderError naming every wrong field. What is merely odd comes back as warnings.
    """
    if not isinstance(message, Mapping):
        raise OrderError((FieldError("order", "not a JSON object"),))
    try:
        order = TransportOrder.model_validate(dict(message))
    except ValidationError as error:
        raise OrderError(tuple(_message(dict(e)) for e in error.errors(include_url=False))) from None
    return ParsedOrder(order, _warnings(order))
