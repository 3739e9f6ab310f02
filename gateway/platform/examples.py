"""Example messages of the API description. A test sends each of them to a platform, so they stay true."""

import json
from typing import Any, Final

ORDER: Final[dict[str, Any]] = {
    "message_id": "04595257202111230001",
    "order_number": "BD11020459525700001",
    "message_code": "R12",
    "application_kind": "1",
    "operation_kind": "4",
    "load_kind": "A",
    "origin": "017A1150",
    "destination": "KELW230W",
    "container": {"number": "TEMU9221353", "size_type": "45G1"},
    "vehicle": {
        "kind": "1",
        "haulier_ban": "04595257",
        "haulier_name": "長榮國際儲運",
        "plate": "KLA-1234",
        "driving_licence": "A123456789",
        "driver": "王大明",
        "count": "1",
        "departure_time": "2026-11-23T11:43:46",
    },
    "cargo": [{"trade_kind": "E", "declaration": "BD/11/045/A0012", "quantity": "120", "clearance_mode": "C1"}],
    "seals": [{"kind": "5", "number": "E-WLS8854668"}, {"kind": "8", "number": "VS00001234"}],
}

ORDER_BATCH: Final[list[dict[str, Any]]] = [
    ORDER | {"message_id": "04595257202111230002", "order_number": "BD11020459525700002"},
    ORDER | {"message_id": "04595257202111230003", "order_number": "BD11020459525700003", "load_kind": "E", "container": None},
]

CANCELLATION: Final[dict[str, Any]] = {
    "message_id": "04595257202111230004",
    "order_number": "BD11020459525700002",
    "reason": "船期變更，改派次日",
}

INSTRUCTION: Final[dict[str, Any]] = {
    "message_code": "N5170",
    "message_id": "BD20211123000000001",
    "container": "TEMU9221353",
    "notes": ["B"],
}

REGISTER: Final[list[dict[str, Any]]] = [
    {
        "kind": "port_pass",
        "technology": "uhf",
        "uid": "e2801160600002054e1a3b5c",
        "holder": "王大明",
        "driving_licence": "A123456789",
    },
    {"kind": "passive_seal", "epc": "300833b2ddd9014000000001", "number": "WLS8854668"},
    {"kind": "vehicle_seal", "serial": 1234, "number": "VS00001234"},
]

_FRAME: Final = "5d1d2f2ee8d1f8e9a0d5d4a3a4b9b6f2d7c6a1b0c9d8e7f60123456789abcdef"

CONFIRMATION: Final[dict[str, Any]] = {
    "gate": "ct4-116",
    "sequence": 1,
    "passage_id": "01932a6e-0000-7000-8000-000000000001",
    "lane": "out-1",
    "lane_title": "四櫃中心 116 號碼頭 出站 1",
    "direction": "out",
    "opened_at": "2026-11-23T03:43:40Z",
    "decided_at": "2026-11-23T03:43:46.250Z",
    "answer": {
        "containers": [
            {
                "number": "TEMU9221353",
                "confidence": 0.993,
                "accepted": True,
                "check_digit_valid": True,
                "size_type": "45G1",
                "characters": [[{"character": character, "probability": 0.99}] for character in "TEMU9221353"],
                "alternatives": [],
                "sights": [{"device": "rear", "picture": _FRAME, "box": [[120, 80], [420, 84], [420, 130], [120, 126]]}],
                "reads": 6,
            }
        ],
        "plates": [],
    },
    "verdict": {
        "outcome": "REFER",
        "reasons": ["PLATE_UNREAD"],
        "checks": [
            {
                "subject": "container",
                "expected": "TEMU9221353",
                "seen": "TEMU9221353",
                "source": "rear",
                "result": "ok",
                "order": "BD11020459525700001",
            },
            {
                "subject": "plate",
                "expected": "KLA-1234",
                "seen": "",
                "source": "front",
                "result": "missing",
                "order": "BD11020459525700001",
                "reason": "PLATE_UNREAD",
            },
        ],
        "orders": ["BD11020459525700001"],
        "decided_at": "2026-11-23T03:43:46.250Z",
    },
    "passes": [],
    "passive_seals": [],
    "vehicle_seals": [],
    "pictures": [{"sha256": _FRAME, "device": "rear", "at": "2026-11-23T03:43:44Z", "role": "frame"}],
}

CONFIRMATION_BATCH: Final[dict[str, Any]] = {"records": [{"body": json.dumps(CONFIRMATION | {"sequence": 2}), "link": None}]}

DESK_REPORT: Final[dict[str, Any]] = {
    "waiting": [
        {
            "lane": "lane-1",
            "passage_id": "019abc00-0000-7000-8000-000000000001",
            "since": "2026-11-23T03:43:49Z",
            "outcome": "REFER",
        }
    ],
    "answered": [],
    "attended": [],
}

HEALTH_REPORT: Final[dict[str, Any]] = {
    "version": "0.1.0",
    "outbox_waiting": 2,
    "clock_offset_s": 0.031,
    "clock_limit_s": 2.0,
    "store": "ok",
    "lanes": [{"lane": "out-1", "title": "出站 1", "devices": ["front", "rear", "plc"], "lost": ["rear"]}],
}
