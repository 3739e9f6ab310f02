"""The printed order, looked at as a reader shows it: its words, its faces, and its bars read by another program."""

import pypdfium2
import pytest
import zxingcpp
from aiohttp import ClientSession

from tests.platform.conftest import Client
from tests.platform.person import Person
from tests.platform.samples import Json, order

NUMBER = "BD11020459525700001"
SAID = (
    """
貨櫃（物）運送單|BD11020459525700001|04595257202111230001|1 一般貨物|4 出口|A CY重櫃|017A1150|KELW230W|TEMU 922135 [3]|45G1
KLA-1234|王大明|A123456789|2026-11-23 11:43:46|民國 115 年 11 月 23 日|長榮國際儲運|04595257|1 保稅聯結車
5 電子封條|WLS8854668|8 車機封條|VS00001234|E 出口|BD/11/045/A0012|120|C1|傳輸時間 2026-11-23 11:43|第 1 版|簽章|駕駛人
""".strip()
    .replace("\n", "|")
    .split("|")
)


async def paper(depot: Client, message: Json, number: str = NUMBER) -> pypdfium2.PdfDocument:
    status, receipt = await depot.post("/api/orders", message)
    assert status == 201, receipt
    status, data = await depot.get(f"/orders/{number}/paper.pdf")
    assert status == 200
    return pypdfium2.PdfDocument(data)


def words(document: pypdfium2.PdfDocument, page: int = 0) -> str:
    return " ".join(document[page].get_textpage().get_text_bounded().split())


def bars(document: pypdfium2.PdfDocument, page: int = 0) -> dict[str, str]:
    """What a reader of bar codes reads off the page at 200 dots an inch."""
    picture = document[page].render(scale=200 / 72, grayscale=True).to_numpy()
    return {str(one.format): one.text for one in zxingcpp.read_barcodes(picture.squeeze())}


async def test_a_sheet_of_a4_has_every_field_of_the_order(depot: Client) -> None:
    document = await paper(depot, order())
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    said = words(document)
    for text in SAID:
        assert text in said, text


async def test_its_bars_and_its_square_are_the_orders_number(depot: Client) -> None:
    read = bars(await paper(depot, order()))
    assert set(read.values()) == {NUMBER}
    assert len(read) == 2, read


async def test_an_order_of_the_older_form_too(depot: Client) -> None:
    older = "E017A11010112000001"
    assert set(bars(await paper(depot, order(order_number=older), older)).values()) == {older}


async def test_a_check_digit_that_fails_is_said_and_a_version_counts(depot: Client) -> None:
    await depot.post("/api/orders", order())
    document = await paper(depot, order(message=2, container={"number": "CTAU0008136"}))
    said = words(document)
    assert "CTAU 000813 [6]（檢查碼不符）" in said
    assert "第 2 版" in said


async def test_names_keep_their_characters_and_hostile_text_is_visible(depot: Client) -> None:
    message = order()
    message["vehicle"] |= {"driver": "堃喆\u202e𠮷<b>&\x00", "haulier_name": "長" * 40}
    said = words(await paper(depot, message))
    assert "堃喆〈U+202E〉〈U+20BB7〉<b>&" in said
    assert "長" * 40 in said


async def test_the_longest_order_goes_on_over_pages_that_each_bear_its_number(depot: Client) -> None:
    cargo = [{"quantity": str(place), "declaration": f"D{place:04d}", "master_bill": "M" * 35} for place in range(1, 1000)]
    seals = [{"kind": "8", "number": f"VS{place:08d}"} for place in range(99)]
    document = await paper(depot, order(cargo=cargo, seals=seals))
    said = " ".join(words(document, page) for page in range(len(document)))
    assert all(line["declaration"] in said for line in cargo)
    assert all(seal["number"] in said for seal in seals)
    assert set(bars(document, len(document) - 1).values()) == {NUMBER}


async def test_faces_are_embedded(depot: Client) -> None:
    await paper(depot, order())
    _, data = await depot.get(f"/orders/{NUMBER}/paper.pdf")
    assert b"/FontFile2" in data
    assert b"MSung" not in data  # nothing on it needs a face that the reader has to have


async def test_another_firms_paper_is_not_there(depot: Client, wang: Person, zhao: Person) -> None:
    await paper(depot, order())
    for person, status in ((wang, 200), (zhao, 404)):
        async with person._session.get(f"{depot.address}/orders/{NUMBER}/paper.pdf") as answer:
            assert answer.status == status


@pytest.mark.parametrize("number", ["BD110204595257", "..%2f..%2fetc", "%00"])
async def test_an_order_that_is_not_there_has_no_paper(depot: Client, number: str) -> None:
    async with ClientSession() as session, session.get(f"{depot.address}/orders/{number}/paper.pdf") as answer:
        assert answer.status == 404
