BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'store','0001_passages_and_outbox','2026-11-23 23:55:23.338672+00:00');
CREATE TABLE "gate" (
   "id" INTEGER PRIMARY KEY,
   "name" TEXT NOT NULL,
   "next_sequence" INTEGER NOT NULL
) STRICT;
INSERT INTO "gate" VALUES(1,'kh-t4',3);
CREATE TABLE "outbox" (
   "sequence" INTEGER PRIMARY KEY,
   "passage_id" TEXT NOT NULL REFERENCES "passage"("passage_id"),
   "state" TEXT NOT NULL,
   "committed_at" TEXT NOT NULL,
   "settled_at" TEXT,
   "detail" TEXT,
   "body" TEXT NOT NULL
) STRICT;
INSERT INTO "outbox" VALUES(1,'01934f2a-0000-7000-8000-000000000001','acknowledged','2026-11-23T02:00:00.000000+00:00','2026-11-23T02:00:00.000000+00:00','','{"gate":"kh-t4","sequence":1,"passage_id":"01934f2a-0000-7000-8000-000000000001","lane":"lane-1","lane_title":"Lane 1","opened_at":"2026-11-23T01:02:03.456000Z","decided_at":"2026-11-23T01:02:05.456000Z","answer":{"containers":[],"plates":[]},"verdict":{"outcome":"PASS","reasons":[],"checks":[],"orders":[],"decided_at":"2026-11-23T01:02:05.456000Z"},"passes":[],"passive_seals":[],"vehicle_seals":[],"pictures":[]}');
INSERT INTO "outbox" VALUES(2,'01934f2a-0000-7000-8000-000000000002','waiting','2026-11-23T02:00:00.000000+00:00',NULL,NULL,'{"gate":"kh-t4","sequence":2,"passage_id":"01934f2a-0000-7000-8000-000000000002","lane":"lane-1","lane_title":"Lane 1","opened_at":"2026-11-23T01:02:03.456000Z","decided_at":"2026-11-23T01:02:05.456000Z","answer":{"containers":[],"plates":[]},"verdict":{"outcome":"REFER","reasons":[],"checks":[],"orders":[],"decided_at":"2026-11-23T01:02:05.456000Z"},"passes":[],"passive_seals":[],"vehicle_seals":[],"pictures":[]}');
CREATE TABLE "passage" (
   "passage_id" TEXT PRIMARY KEY NOT NULL,
   "lane" TEXT NOT NULL,
   "opened_at" TEXT NOT NULL,
   "closed_at" TEXT,
   "outcome" TEXT,
   "sequence" INTEGER,
   "record" TEXT NOT NULL
) STRICT;
INSERT INTO "passage" VALUES('01934f2a-0000-7000-8000-000000000001','lane-1','2026-11-23T01:02:03.456000+00:00',NULL,'PASS',1,'{"passage_id":"01934f2a-0000-7000-8000-000000000001","lane":"lane-1","rules":{"direction":"out","opened_by":"loop","patience_s":15.0,"settle_s":1.0,"empty_s":3.0,"quiet_s":4.0,"lookback_s":5.0,"depart_before_h":2.0,"depart_after_h":12.0,"require_plate":true,"require_pass":true,"require_seals":true,"order_support":0.02,"seal_rssi_dbm":-75.0},"opened_at":"2026-11-23T01:02:03.456000Z","observations":[{"device":"clock","at":"2026-11-23T01:02:03.456000Z","kind":"tick"}],"answer":{"containers":[],"plates":[]},"verdict":{"outcome":"PASS","reasons":[],"checks":[],"orders":[],"decided_at":"2026-11-23T01:02:05.456000Z"},"closed_at":null}');
INSERT INTO "passage" VALUES('01934f2a-0000-7000-8000-000000000002','lane-1','2026-11-23T01:02:03.456000+00:00',NULL,'REFER',2,'{"passage_id":"01934f2a-0000-7000-8000-000000000002","lane":"lane-1","rules":{"direction":"out","opened_by":"loop","patience_s":15.0,"settle_s":1.0,"empty_s":3.0,"quiet_s":4.0,"lookback_s":5.0,"depart_before_h":2.0,"depart_after_h":12.0,"require_plate":true,"require_pass":true,"require_seals":true,"order_support":0.02,"seal_rssi_dbm":-75.0},"opened_at":"2026-11-23T01:02:03.456000Z","observations":[{"device":"clock","at":"2026-11-23T01:02:03.456000Z","kind":"tick"}],"answer":{"containers":[],"plates":[]},"verdict":{"outcome":"REFER","reasons":[],"checks":[],"orders":[],"decided_at":"2026-11-23T01:02:05.456000Z"},"closed_at":null}');
CREATE TABLE "picture_upload" (
   "sha256" TEXT PRIMARY KEY NOT NULL,
   "sequence" INTEGER NOT NULL REFERENCES "outbox"("sequence"),
   "state" TEXT NOT NULL,
   "detail" TEXT
) STRICT;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_passage_lane_opened_at"
    ON "passage" ("lane", "opened_at");
CREATE UNIQUE INDEX "idx_outbox_passage_id"
    ON "outbox" ("passage_id");
CREATE INDEX outbox_waiting ON outbox (sequence) WHERE state = 'waiting';
CREATE INDEX picture_upload_waiting ON picture_upload (sequence) WHERE state = 'waiting';
COMMIT;
