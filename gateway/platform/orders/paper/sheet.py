"""The sheet: every field of an order, its version, when it was transmitted, its number as bars and a square, and where to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gateway.look.i18n import DEFAULT_LANGUAGE, _, gettext, speaking
from gateway.look.numbers import plate_text
from gateway.look.times import roc_date, taipei
from gateway.model.codes import label
from gateway.model.transport_order import Cargo, TransportOrder
from gateway.platform.orders.messages import OrderState
from gateway.platform.orders.paper import letters

_WIDTH, _HEIGHT = A4
_MARGIN: Final = 14 * mm
_INNER: Final = _WIDTH - 2 * _MARGIN
_FOOT: Final = 12 * mm
_ROW: Final = 10.5 * mm
_CARGO_ROW: Final = 9.5 * mm
_SIGNATURES: Final = 30 * mm
_LABEL, _VALUE, _SMALLEST = 6.5, 11.0, 4.0  # points
_BAR: Final = 0.33 * mm  # the narrowest bar: what a hand-held reader wants of a laser print
_TITLE: Final = _("Transport order (CN)")
_SIGNERS: Final = (_("Issuer"), _("Driver"), _("Specialist or Customs"), _("Gate-out check"))
_CARGO: Final = (  # the two lines of a column, and its share of the width
    (_("Trade"), "trade_kind", _("Quantity"), "quantity", 0.09),
    (_("Declaration"), "declaration", _("Clearance mode"), "clearance_mode", 0.19),
    (_("Master bill"), "master_bill", _("House bill"), "house_bill", 0.27),
    (_("Customs number"), "customs_number", _("Manifest"), "manifest", 0.11),
    (_("Voyage"), "voyage", _("Vessel code"), "vessel_code", 0.15),
    (_("Vessel name"), "vessel_name", _("Release conditions"), "release_conditions", 0.19),
)

Cell = tuple[str, str]  # a label (message id) and a value


def draw(state: OrderState) -> bytes:
    """The order as a PDF of one or more pages; one thread at a time. The same order is the same file."""
    data = BytesIO()
    canvas = Canvas(data, pagesize=A4, invariant=1)
    canvas.setTitle(state.order.order_number)
    canvas.setAuthor("gateway")
    with speaking(DEFAULT_LANGUAGE):
        _Sheet(canvas, state).draw()
    canvas.save()
    return data.getvalue()


def _coded(table: str, code: str | None) -> str:
    name = label(table, code, DEFAULT_LANGUAGE) if code else ""
    return f"{code} {name}" if code and name != code else code or ""


def _box(order: TransportOrder) -> str:
    number = order.container_number
    if number is None:
        return ""
    fits = number.check_digit_valid or not number.is_iso
    return number.grouped if fits else f"{number.grouped}（{gettext(_('the check digit does not fit'))}）"


def _groups(state: OrderState) -> list[tuple[str, list[list[Cell]]]]:
    order, vehicle = state.order, state.order.vehicle
    head = [
        [
            (_("Application kind"), _coded("application_kind", order.application_kind)),
            (_("Operation kind"), _coded("operation_kind", order.operation_kind)),
            (_("Load kind"), _coded("load_kind", order.load_kind)),
            (_("Released total"), order.released_total or ""),
        ],
        [
            (_("Origin"), order.origin),
            (_("Destination"), order.destination),
            (_("Message code"), order.message_code),
            (_("Message id"), order.message_id),
        ],
    ]
    box = [[(_("Box number"), _box(order)), (_("Size and type"), (order.container and order.container.size_type) or "")]]
    departure = f"{taipei(vehicle.departure_time)}  {roc_date(vehicle.departure_time)}"
    ridden = [
        [
            (_("Plate"), plate_text(vehicle.plate)),
            (_("Driver"), vehicle.driver),
            (_("Driving licence"), vehicle.driving_licence),
        ],
        [(_("Departure time"), departure), (_("Vehicle kind"), _coded("vehicle_kind", vehicle.kind))],
        [(_("Vehicle number"), vehicle.number or ""), (_("Count"), vehicle.count)],
        [(_("Haulier"), vehicle.haulier_name or ""), (_("Haulier's business number"), vehicle.haulier_ban or "")],
    ]
    seals = [(_coded("seal_kind", seal.kind), seal.number) for seal in order.seals] or [("", "—")]
    return [
        (_("Transport order"), head),
        (_("Box"), box),
        (_("Vehicle and driver"), ridden),
        (_("Seals"), [_filled(seals[place : place + 3], 3) for place in range(0, len(seals), 3)]),
    ]


def _filled(cells: Sequence[Cell], most: int) -> list[Cell]:
    return [*cells, *[("", "")] * (most - len(cells))]


@dataclass(slots=True)
class _Sheet:
    """Draws from the top of a page to its foot. `y`: the upper edge of what comes next, in points from below."""

    canvas: Canvas
    state: OrderState
    y: float = 0.0
    page: int = 0

    def draw(self) -> None:
        self._begin()
        for title, rows in _groups(self.state):
            self._room(_ROW + 6 * mm)
            self._heading(title)
            for row in rows:
                self._room(_ROW)
                self._row(row)
        if self.state.order.cargo:
            self._cargo(self.state.order.cargo)
        self._room(_SIGNATURES + 8 * mm)
        self._signatures()
        self._end()

    def _begin(self) -> None:
        """The head of a page: what paper this is, and its number as bars."""
        number = self.state.order.order_number
        self.page += 1
        top = _HEIGHT - _MARGIN
        self._text(_MARGIN, top - 7 * mm, gettext(_TITLE), 18, _INNER / 2)
        self._text(_MARGIN, top - 13 * mm, number, 12, _INNER / 2)
        received = self.state.received_at
        sent = gettext(_("Transmitted %(time)s")) % {"time": f"{taipei(received)}  {roc_date(received)}"}
        self._text(_MARGIN, top - 18.5 * mm, sent, 8, _INNER / 2)
        version = gettext(_("version %(number)s")) % {"number": self.state.versions}
        self._text(_MARGIN, top - 23 * mm, version, 8, _INNER / 2)
        square = QrCodeWidget(number, barLevel="M", barBorder=4)
        left, low, right, high = square.getBounds()
        side = 24 * mm
        drawing = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (high - low), 0, 0])
        drawing.add(square)
        renderPDF.draw(drawing, self.canvas, _WIDTH - _MARGIN - side, top - side)
        bars = Code128(number, barHeight=14 * mm, barWidth=_BAR, quiet=True)
        bars.drawOn(self.canvas, _WIDTH - _MARGIN - side - bars.width, top - 19 * mm)
        self.y = top - 28 * mm

    def _end(self) -> None:
        foot = gettext(_("Page %(page)s")) % {"page": self.page}
        self._text(_MARGIN, _FOOT - 4 * mm, f"{self.state.order.order_number}  {foot}", 7, _INNER)
        self.canvas.showPage()

    def _room(self, height: float) -> None:
        """A new page where this height has no room on the old one."""
        if self.y - height < _FOOT:
            self._end()
            self._begin()

    def _text(self, x: float, y: float, text: str, size: float, room: float) -> None:
        """On one line, smaller where it needs more than `room`."""
        needed = letters.width(text, size)
        size = size if needed <= room else max(_SMALLEST, size * room / needed)
        for face, part in letters.runs(text):
            self.canvas.setFont(face, size)
            self.canvas.drawString(x, y, part)
            x += self.canvas.stringWidth(part, face, size)

    def _heading(self, title: str) -> None:
        self._text(_MARGIN, self.y - 5 * mm, gettext(title), 9, _INNER)
        self.y -= 6.5 * mm

    def _cell(self, x: float, width: float, height: float, cell: Cell) -> None:
        self.canvas.setLineWidth(0.5)
        self.canvas.rect(x, self.y - height, width, height)
        room = width - 3 * mm
        self._text(x + 1.5 * mm, self.y - 3.2 * mm, gettext(cell[0]) if cell[0] else "", _LABEL, room)
        self._text(x + 1.5 * mm, self.y - height + 2.2 * mm, cell[1], _VALUE, room)

    def _row(self, cells: Sequence[Cell]) -> None:
        width = _INNER / len(cells)
        for place, cell in enumerate(cells):
            self._cell(_MARGIN + place * width, width, _ROW, cell)
        self.y -= _ROW

    def _cargo(self, lines: Sequence[Cargo]) -> None:
        self._room(2 * _CARGO_ROW + 8 * mm)
        self._heading(_("Cargo"))
        self._cargo_line([(upper, lower) for upper, _up, lower, _low, _share in _CARGO], named=True)
        for line in lines:
            if self.y - _CARGO_ROW < _FOOT:
                self._room(_CARGO_ROW)
                self._cargo_line([(upper, lower) for upper, _up, lower, _low, _share in _CARGO], named=True)
            said = line.model_dump(mode="json")
            said["trade_kind"] = _coded("trade_kind", line.trade_kind)
            self._cargo_line([(said[upper] or "", said[lower] or "") for _up, upper, _low, lower, _share in _CARGO])

    def _cargo_line(self, cells: Sequence[Cell], named: bool = False) -> None:
        """Two values a column; `named`: their names."""
        x = _MARGIN
        size = _LABEL if named else 8.5
        for (upper, lower), (*_names, share) in zip(cells, _CARGO, strict=True):
            width = _INNER * share
            self.canvas.rect(x, self.y - _CARGO_ROW, width, _CARGO_ROW)
            for text, down in ((upper, 4 * mm), (lower, 8 * mm)):
                self._text(x + mm, self.y - down, gettext(text) if named else text, size, width - 2 * mm)
            x += width
        self.y -= _CARGO_ROW

    def _signatures(self) -> None:
        self._heading(_("Signatures"))
        width = _INNER / len(_SIGNERS)
        for place, signer in enumerate(_SIGNERS):
            self._cell(_MARGIN + place * width, width, _SIGNATURES - 6.5 * mm, (signer, ""))
        self.y -= _SIGNATURES
