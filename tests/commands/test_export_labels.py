"""`gateway export-labels`: what clerks corrected comes out as labelled pictures, once, however often it is asked for."""

import asyncio
import csv
import sqlite3
from pathlib import Path

from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.model.observation import Correction, Observation, Ruling
from gateway.store.gate_store import GateStore
from tests.evidence import BOX, QUAD, at, box_read, in_order, left, order, plate_read, tick
from tests.lane_days import lived

WRONG = "TEMU9221858"
ID = "01934f2a-0000-7000-8000-00000000000{}"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export-labels", *map(str, arguments), "--lang", "en"])


def ruling(passage_id: str, *corrections: Correction) -> Ruling:
    return Ruling(
        device="desk",
        at=at(20),
        passage_id=passage_id,
        approved=True,
        person="chen",
        proof="pin",
        reason="by eye",
        corrections=corrections,
        expires_at=at(60),
    )


async def fill(folder: Path) -> dict[str, str]:
    """Three passages that waited for a person. Returns the pictures' names."""
    async with GateStore.open(folder, "ct4-116", lambda: at(30)) as store:
        doors, front = store.pictures.keep(b"\xff\xd8 doors"), store.pictures.keep(b"\xff\xd8 front")
        truck = [seen for seen in in_order() if seen.kind not in {"orders_found", "container_read", "plate_read"}]
        seen: list[Observation] = [
            box_read(WRONG, 0.5, accepted=False, picture=doors, box=QUAD),
            plate_read("KLA1285", 0.5, accepted=False, picture=front),
        ]
        box = Correction(subject="container", read=WRONG, corrected="temu 922135-3")
        plate = Correction(subject="plate", read="KLA1285", corrected="KLA1235", picture=front)
        unread = Correction(subject="container", read="", corrected=BOX)
        unclear = Correction(subject="container", read=WRONG, corrected="櫃號不明", picture=doors)
        vanished = Correction(subject="plate", read="", corrected="KLA1235", picture="0" * 64)
        given = ((box, plate), (unread,), (unclear, vanished))
        for number, corrections in enumerate(given):
            passage_id = ID.format(number)
            reads: list[Observation] = seen if number == 0 else []
            decided, closed = lived([*truck, *reads, *(tick(n) for n in range(1, 17)), left(40)], (order(),), passage_id=passage_id)
            await store.commit_decision(decided, "")
            await store.close_passage(closed.model_copy(update={"ruling": ruling(passage_id, *corrections)}))
    return {"doors": doors, "front": front}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_corrections_become_labels_and_pictures(tmp_path: Path) -> None:
    names = asyncio.run(fill(tmp_path / "store"))
    out = tmp_path / "labels"
    result = run(out, "--folder", tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert "2 pictures written, 0 were there already" in result.output
    assert f"No picture of this correction is kept: passage {ID.format(1)}" in result.output
    assert f"This correction is no number: passage {ID.format(2)}" in result.output
    assert f"No picture of this correction is kept: passage {ID.format(2)}" in result.output
    (box,) = rows(out / "containers" / "labels.csv")
    assert (box["file"], box["numbers"], box["passage"]) == (f"{names['doors']}.jpg", BOX, ID.format(0))
    assert (box["notes"], box["source"]) == (f"read as {WRONG}", "ct4-116 out-1")
    (plate,) = rows(out / "plates" / "labels.csv")
    assert (plate["file"], plate["plates"]) == (f"{names['front']}.jpg", "KLA-1235")
    assert (out / "containers" / box["file"]).read_bytes() == b"\xff\xd8 doors"
    assert "chen" not in (out / "containers" / "labels.csv").read_text(encoding="utf-8")  # who corrected is nobody's affair there


def test_nothing_comes_out_twice_and_what_is_there_stays(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "store"))
    out = tmp_path / "labels"
    run(out, "--folder", tmp_path / "store")
    path = out / "containers" / "labels.csv"
    edited = path.read_text(encoding="utf-8").replace(",,", ",h,", 1)  # somebody filled in the layout
    path.write_text(edited, encoding="utf-8")
    again = run(out, "--folder", tmp_path / "store")
    assert "0 pictures written, 2 were there already" in again.output
    assert path.read_text(encoding="utf-8") == edited


def test_a_second_number_on_the_picture_is_a_label_only_where_the_order_confirmed_it(tmp_path: Path) -> None:
    async def filled(checked: bool) -> Path:
        folder = tmp_path / f"store-{checked}"
        async with GateStore.open(folder, "g", lambda: at(30)) as store:
            doors = store.pictures.keep(b"\xff\xd8 two boxes")
            beside = BOX if checked else "MSKU9070323"
            reads: list[Observation] = [
                box_read("CSQU3054388", 0.5, accepted=False, picture=doors, size_type="22G1"),
                box_read(beside, 0.5, picture=doors, size_type="22G1"),
            ]
            rest = [seen for seen in in_order() if seen.kind not in {"orders_found", "container_read"}]
            small = order(container={"number": BOX, "size_type": "22G1"})
            decided, closed = lived([*rest, *reads, *(tick(n) for n in range(1, 17)), left(40)], (small,))
            await store.commit_decision(decided, "")
            machine = next(box.number for box in closed.answer.containers if box.number != beside)
            correction = Correction(subject="container", read=machine, corrected="CSQU3054383", picture=doors)
            await store.close_passage(closed.model_copy(update={"ruling": ruling(closed.passage_id, correction)}))
        return folder

    for checked in (True, False):
        out = tmp_path / f"out-{checked}"
        run(out, "--folder", asyncio.run(filled(checked)))
        (row,) = rows(out / "containers" / "labels.csv")
        assert set(row["numbers"].split("|")) == ({"CSQU3054383", BOX} if checked else {"CSQU3054383"})
        assert ("only plates" in row["notes"]) is not checked  # the counting then holds no other number against the reader


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "store"))
    out = tmp_path / "labels"
    (out / "plates").mkdir(parents=True)
    (out / "plates" / "labels.csv").write_text("file,plate\na.jpg,KLA-1234\n", encoding="utf-8")
    result = run(out, "--folder", tmp_path / "store")
    assert result.exit_code == 1
    assert "labels.csv:1: expected the columns file,plates,vehicle" in result.output
    assert not (out / "containers").exists()


def test_a_record_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "store"))
    gate = sqlite3.connect(tmp_path / "store" / "gate.sqlite3")
    gate.execute("UPDATE passage SET record = 'torn' WHERE passage_id = ?", (ID.format(1),))
    gate.commit()
    gate.close()
    result = run(tmp_path / "labels", "--folder", tmp_path / "store")
    assert f"This record cannot be read: passage {ID.format(1)}" in result.output
    assert "2 pictures written" in result.output
