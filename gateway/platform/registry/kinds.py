"""The registers: what is kept of each kind of thing, whose it is, when it expires, and what of it the gates are sent.

A new register is a model and one line of the table at the end: its interface, its pages and its import follow from that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.look.i18n import _
from gateway.model.clock import TAIPEI
from gateway.model.wire import PassiveSealEntry, PortPassEntry, RegisterEntry, VehicleSealEntry
from gateway.platform.errors import NotFoundError
from gateway.platform.registry.fence import Fence, Latitude, Longitude
from gateway.platform.registry.fields import (
    Ban,
    Code,
    Day,
    Doubt,
    Hex,
    Key,
    LaneFileName,
    Licence,
    Line,
    PlateText,
    SealNumber,
    Uid,
)

_SERVING: Final = frozenset({"stock", "use"})  # what a gate may meet; a lost or retired seal is none that it knows


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Firm(_Entry):
    """A haulier, a depot or warehouse, an importer or exporter, a supplier of devices."""

    ban: Ban = Field(title=_("Business number"), description=_("8 digits"))
    name: Line = Field(min_length=1, title=_("Name of the firm"))
    kinds: tuple[Annotated[str, Code("firm_kind")], ...] = Field((), max_length=6, title=_("Kind of firm"))
    customs_code: Line = Field("", title=_("Customs code"), description=_("As messages name it"))
    address: Line = Field("", title=_("Address"))
    contact: Line = Field("", title=_("Contact person"))
    phone: Line = Field("", title=_("Telephone"))
    email: Line = Field("", title=_("E-mail"))
    guarantee_until: Day | None = Field(None, title=_("Guarantee until"))


class Vehicle(_Entry):
    """A bonded vehicle."""

    plate: PlateText = Field(title=_("Plate"))
    kind: Annotated[str, Code("vehicle_kind")] = Field(title=_("Vehicle kind"))
    firm: Ban = Field(title=_("Haulier's business number"), description=_("8 digits"))
    number: Line = Field("", title=_("Vehicle number"))
    permit: Line = Field("", title=_("Permit of Customs"))
    permit_until: Day | None = Field(None, title=_("Permit until"))
    inspection_until: Day | None = Field(None, title=_("Inspection until"))


class DriversPass(_Entry):
    """A port pass that a driver holds."""

    technology: Annotated[str, Code("pass_technology")] = Field(title=_("Card"))
    uid: Uid = Field(title=_("Number of the chip"), description=_("As the reader reads it"))
    valid_until: Day | None = Field(None, title=_("Valid until"))


class Driver(_Entry):
    """A driver, with licence and port passes."""

    licence: Licence = Field(title=_("Driving licence"), description=_("As orders name it"))
    name: Line = Field(min_length=1, max_length=30, title=_("Name"))
    firm: Ban = Field(title=_("Haulier's business number"), description=_("8 digits"))
    phone: Line = Field("", title=_("Telephone"))
    licence_until: Day | None = Field(None, title=_("Licence until"))
    passes: tuple[DriversPass, ...] = Field((), max_length=6, title=_("Port passes"))


class _Device(_Entry):
    supplier: Ban | None = Field(None, title=_("Supplier's business number"), description=_("8 digits"))
    model: Line = Field("", title=_("Model"))
    status: Annotated[str, Code("device_status")] = Field("stock", title=_("Status"))
    firm: Ban = Field(title=_("Business number of the holder"), description=_("Who holds it now"))


class VehicleUnit(_Device):
    """A vehicle unit (車機)."""

    serial: Key = Field(title=_("Serial number"))
    key_reference: Line = Field("", title=_("Key reference"), description=_("Names the key where it is kept; never the key itself"))
    plate: PlateText | None = Field(None, title=_("Built into"), description=_("The vehicle's plate"))
    version: Line = Field("", title=_("Version"))
    certificate_until: Day | None = Field(None, title=_("Certificate until"))


class VehicleSeal(_Device):
    """A vehicle seal (車機封條)."""

    serial: int = Field(ge=0, lt=1 << 32, title=_("Serial on the air"), description=_("A whole number"))
    number: SealNumber = Field(title=_("Seal number"), description=_("As orders name it"))
    key_reference: Line = Field("", title=_("Key reference"), description=_("Names the key where it is kept; never the key itself"))
    battery_until: Day | None = Field(None, title=_("Battery until"))


class PassiveSeal(_Device):
    """A passive e-seal: its chip (暗碼) and its printed number (明碼)."""

    epc: Hex = Field(title=_("Chip"), description=_("8 to 64 hexadecimal digits"))
    number: SealNumber = Field(title=_("Printed number"))


class Place(_Entry):
    """A place under Customs' control, with its code and its fence."""

    place: Key = Field(title=_("Code"), description=_("As orders name it"))
    name: Line = Field(min_length=1, title=_("Name of the place"))
    name_en: Line = Field("", title=_("English name"))
    kind: Annotated[str, Code("place_kind")] = Field(title=_("Kind of place"))
    operator: Ban | None = Field(None, title=_("Operator's business number"), description=_("8 digits"))
    fence: Fence | None = Field(None, title=_("Fence"), description=_("GeoJSON of a polygon"))


class GateLane(_Entry):
    """A lane of a gate."""

    name: LaneFileName = Field(title=_("Name in the lane file"))
    title: Line = Field("", title=_("Title"))
    direction: Annotated[str, Code("lane_direction")] = Field("both", title=_("Direction"))


class Gate(_Entry):
    """A gate and its lanes."""

    name: LaneFileName = Field(title=_("Name in the lane file"))
    title: Line = Field(min_length=1, title=_("Title"))
    place: Key | None = Field(None, title=_("Code of the place"))
    phone: Line = Field("", title=_("Telephone"))
    lanes: tuple[GateLane, ...] = Field((), max_length=9, title=_("Lanes"))


class Specialist(_Entry):
    """A specialist in charge of self-management (專責人員), and where."""

    number: Key = Field(title=_("Number of the licence"))
    name: Line = Field(min_length=1, max_length=30, title=_("Name"))
    employer: Ban | None = Field(None, title=_("Employer's business number"), description=_("8 digits"))
    phone: Line = Field("", title=_("Telephone"))
    places: tuple[Key, ...] = Field((), max_length=10, title=_("Codes of the places"))
    licence_until: Day | None = Field(None, title=_("Licence until"))


class LocationTag(_Entry):
    """A tag that tells a vehicle or a phone where it is."""

    tag: Key = Field(title=_("Number of the tag"))
    kind: Annotated[str, Code("tag_kind")] = Field(title=_("Kind of tag"))
    place: Key | None = Field(None, title=_("Code of the place"))
    spot: Line = Field("", title=_("Where it hangs"))
    longitude: Longitude | None = Field(None, title=_("Longitude"))
    latitude: Latitude | None = Field(None, title=_("Latitude"))
    status: Annotated[str, Code("device_status")] = Field("stock", title=_("Status"))
    battery_until: Day | None = Field(None, title=_("Battery until"))


def _port_passes(driver: Driver) -> tuple[RegisterEntry, ...]:
    return tuple(
        PortPassEntry(
            technology=one.technology,
            uid=one.uid,
            holder=driver.name,
            driving_licence=driver.licence,
            valid_until=end_of(one.valid_until) if one.valid_until else None,
        )
        for one in driver.passes
    )


def _chip(seal: PassiveSeal) -> tuple[RegisterEntry, ...]:
    return (PassiveSealEntry(epc=seal.epc, number=seal.number),) if seal.status in _SERVING else ()


def _on_the_air(seal: VehicleSeal) -> tuple[RegisterEntry, ...]:
    return (VehicleSealEntry(serial=seal.serial, number=seal.number),) if seal.status in _SERVING else ()


def _passes_once(driver: Driver) -> dict[str, str]:
    return {f"port_pass:{one.technology}:{one.uid}": f"passes.{i}.uid" for i, one in enumerate(driver.passes)}


def _number_once(seal: VehicleSeal | PassiveSeal) -> dict[str, str]:
    return {f"seal_number:{seal.number}": "number"}


def end_of(day: date) -> datetime:
    """When a day is over in Taiwan."""
    return datetime.combine(day + timedelta(days=1), time(0), TAIPEI)


def _nothing(_entry: Any) -> tuple[RegisterEntry, ...]:
    return ()


def _no_claims(_entry: Any) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Kind:
    """One register. `key`, `firm`, `expiries` and `labels` name fields of the model.

    `firm`: whose BAN says which firm sees and keeps the entry; None: Customs keeps it, and firms read it only where it is `public`.
    `given`: a firm may hand what it holds to another. `expiries`: the earliest of them warns; `labels`: the columns of its list.
    `claims`: what no two entries may both have, and the field that says it. `to_feed`: what the gates are sent.
    """

    name: str
    model: type[BaseModel]
    title: str
    key: str
    labels: tuple[str, ...]
    example: dict[str, Any]
    firm: str | None = None
    public: bool = False
    given: bool = False
    expiries: tuple[str, ...] = ()
    most_lines: int = 100_000
    claims: Callable[[Any], dict[str, str]] = _no_claims
    to_feed: Callable[[Any], tuple[RegisterEntry, ...]] = _nothing

    def key_of(self, entry: BaseModel) -> str:
        return str(getattr(entry, self.key))

    def firm_of(self, entry: BaseModel) -> str | None:
        return getattr(entry, self.firm) if self.firm else None

    @cached_property
    def _key_type(self) -> TypeAdapter[Any]:
        info = self.model.model_fields[self.key]
        wanted: Any = Annotated[info.annotation, *info.metadata]
        return TypeAdapter(wanted)

    def folded_key(self, text: str) -> str:
        """The key as entries have it. Raises NotFoundError for what can be none."""
        try:
            return str(self._key_type.validate_python(text))
        except ValidationError:
            raise NotFoundError("There is no such entry.") from None

    def expires_on(self, entry: BaseModel) -> date | None:
        """The earliest of its dates of expiry."""
        return min((day for path in self.expiries for day in _days(entry, path.split("."))), default=None)

    def words(self, entry: BaseModel) -> Iterator[str]:
        """What a search looks through."""
        return _texts(entry)


def _days(value: Any, path: list[str]) -> Iterator[date]:
    if isinstance(value, tuple):
        for one in value:
            yield from _days(one, path)
    elif path:
        yield from _days(getattr(value, path[0]), path[1:])
    elif value is not None:
        yield value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel) and not isinstance(value, Fence):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str | int) and value != "":
        yield str(value)


def doubts(entry: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(field, what is odd about it) of values that are taken all the same."""
    for name, info in type(entry).model_fields.items():
        value = getattr(entry, name)
        for place, one in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(one, BaseModel):
                yield from doubts(one, f"{prefix}{name}.{place}.")
        for doubt in marks(info.annotation, info.metadata, Doubt):
            odd = doubt.of(value) if value is not None else None
            if odd:
                yield prefix + name, odd


def marks(annotation: Any, metadata: Any, sort: type[Any]) -> Iterator[Any]:
    """The marks of a field of this sort, also those that an optional or repeated field has inside."""
    yield from (mark for mark in metadata if isinstance(mark, sort))
    inner = getattr(annotation, "__metadata__", ())
    yield from (mark for mark in inner if isinstance(mark, sort))
    for argument in get_args(annotation):
        yield from marks(argument, (), sort)


_DEVICE: Final = {"supplier": "22099131", "status": "use", "firm": "04595257"}
_FENCE: Final = {
    "type": "Polygon",
    "coordinates": [[[120.3051, 22.5682], [120.3127, 22.5682], [120.3127, 22.5731], [120.3051, 22.5731], [120.3051, 22.5682]]],
}
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "firm",
            Firm,
            _("Firms"),
            key="ban",
            firm="ban",
            labels=("name", "kinds", "phone"),
            expiries=("guarantee_until",),
            example={"ban": "04595257", "name": "長榮國際儲運", "kinds": ["haulier", "depot"], "phone": "+886-7-000-0000"},
        ),
        Kind(
            "vehicle",
            Vehicle,
            _("Bonded vehicles"),
            key="plate",
            firm="firm",
            labels=("kind", "firm", "number"),
            expiries=("permit_until", "inspection_until"),
            example={"plate": "KLA-1234", "kind": "1", "firm": "04595257", "inspection_until": "2027-06-30"},
        ),
        Kind(
            "driver",
            Driver,
            _("Drivers"),
            key="licence",
            firm="firm",
            labels=("name", "firm"),
            expiries=("licence_until", "passes.valid_until"),
            claims=_passes_once,
            to_feed=_port_passes,
            example={
                "licence": "A123456789",
                "name": "王大明",
                "firm": "04595257",
                "licence_until": "2029-03-31",
                "passes": [{"technology": "uhf", "uid": "e2801160600002054e1a3b5c", "valid_until": "2027-01-31"}],
            },
        ),
        Kind(
            "vehicle_unit",
            VehicleUnit,
            _("Vehicle units"),
            key="serial",
            firm="firm",
            given=True,
            labels=("model", "status", "firm", "plate"),
            expiries=("certificate_until",),
            example={"serial": "VU-000017", "plate": "KLA-1234", "key_reference": "hsm:vu/17", **_DEVICE},
        ),
        Kind(
            "vehicle_seal",
            VehicleSeal,
            _("Vehicle seals"),
            key="serial",
            firm="firm",
            given=True,
            labels=("number", "model", "status", "firm"),
            expiries=("battery_until",),
            claims=_number_once,
            to_feed=_on_the_air,
            example={"serial": 1234, "number": "VS00001234", "key_reference": "hsm:seal/1234", **_DEVICE},
        ),
        Kind(
            "passive_seal",
            PassiveSeal,
            _("Passive e-seals"),
            key="epc",
            firm="firm",
            given=True,
            labels=("number", "status", "firm"),
            claims=_number_once,
            to_feed=_chip,
            example={"epc": "300833b2ddd9014000000001", "number": "WLS8854668", **_DEVICE},
        ),
        Kind(
            "place",
            Place,
            _("Places"),
            key="place",
            public=True,
            labels=("name", "kind"),
            most_lines=2000,  # with a fence each
            example={"place": "017A1150", "name": "第四貨櫃中心", "kind": "terminal", "fence": _FENCE},
        ),
        Kind(
            "gate",
            Gate,
            _("Gates and lanes"),
            key="name",
            labels=("title", "place"),
            example={
                "name": "ct4-116",
                "title": "四櫃中心 116 號碼頭",
                "place": "017A1150",
                "lanes": [{"name": "out-1", "title": "出站 1", "direction": "out"}],
            },
        ),
        Kind(
            "specialist",
            Specialist,
            _("Specialists"),
            key="number",
            labels=("name", "employer", "places"),
            expiries=("licence_until",),
            example={"number": "SP-0007", "name": "林小華", "employer": "04595257", "places": ["017A1150"]},
        ),
        Kind(
            "location_tag",
            LocationTag,
            _("Location tags"),
            key="tag",
            labels=("kind", "place", "spot", "status"),
            expiries=("battery_until",),
            example={"tag": "LT-0001", "kind": "ble", "place": "017A1150", "longitude": 120.3072, "latitude": 22.5701},
        ),
    )
}
